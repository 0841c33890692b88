export { inboundEmail } from './inboundEmail.ts';
export { sendReply } from './sendReply.ts';
export { verifyForwarding } from './verifyForwarding.ts';
