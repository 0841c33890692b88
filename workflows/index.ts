export { inboundEmail } from './inboundEmail.ts';
export { sendReply } from './sendReply.ts';
