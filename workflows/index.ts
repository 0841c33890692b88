export { deliverWebhook } from './deliverWebhook.ts';
export { deleteWorkspace } from './deleteWorkspace.ts';
export { inboundEmail } from './inboundEmail.ts';
export { keepProvider } from './keepProvider.ts';
export { keepTidy } from './keepTidy.ts';
export { sendReply } from './sendReply.ts';
export { verifyForwarding } from './verifyForwarding.ts';
export { verifyDomain } from './verifyDomain.ts';
