export { inboundEmail } from './inboundEmail.ts';
