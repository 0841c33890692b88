export { inboundEmail } from './inboundEmail.ts';
export { keepProvider } from './keepProvider.ts';
export { sendReply } from './sendReply.ts';
export { verifyDomain } from './verifyDomain.ts';
