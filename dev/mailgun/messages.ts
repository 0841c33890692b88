import { createReadStream } from 'node:fs';
import type { Context } from 'koa';
import type { AttachmentFault } from './faults.ts';
import { headerOf } from './headers.ts';
import type { MailFile } from './readMail.ts';
import type { StoredMail } from './stored.ts';

/** Answers as Mailgun's storage API does for a stored message that does not exist or has expired. */
export function notFound(ctx: Context): void {
  ctx.status = 404;
  ctx.body = { message: 'Message not found' };
}

/** True when the request carries `api:<key>`. */
export const hasKey = (ctx: Context, apiKey: string): boolean =>
  ctx.get('authorization') === `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}`;

/** True when the request carries `api:<key>`; otherwise answers 401 as Mailgun's API does. */
export function authorized(ctx: Context, apiKey: string): boolean {
  if (hasKey(ctx, apiKey)) return true;
  ctx.status = 401;
  ctx.set('WWW-Authenticate', 'Basic realm="MG API"');
  ctx.type = 'text/plain';
  ctx.body = 'Forbidden';
  return false;
}

/** True when the mail was sent from the domain that the URL names, or one of its recipients is in it. */
export const isOf = (mail: StoredMail, domain: string): boolean =>
  mail.domain?.toLowerCase() === domain.toLowerCase() ||
  mail.recipients.some((recipient) => recipient.toLowerCase().endsWith(`@${domain.toLowerCase()}`));

/** JSON of a stored message; here `content-id-map` has whole attachment objects. @param url of the message */
export function messageJson(mail: StoredMail, url: string): Record<string, unknown> {
  const attachments = mail.files.map((file, n) => ({
    url: `${url}/attachments/${n}`,
    'content-type': file.contentType,
    name: file.filename,
    size: file.size,
  }));
  const byContentId = mail.files.flatMap((file, n) =>
    file.contentId ? [[file.contentId, attachments[n]] as const] : [],
  );
  return {
    // Of a repeated header, the first; message-headers has all of them.
    ...Object.fromEntries(mail.headers.toReversed()),
    recipients: mail.recipients.join(','),
    sender: mail.sender,
    from: headerOf(mail.headers, 'From'),
    subject: headerOf(mail.headers, 'Subject'),
    ...Object.fromEntries(mail.bodies),
    attachments,
    'content-id-map': Object.fromEntries(byContentId),
    'message-headers': mail.headers,
  };
}

/** Answers with a stored file, or with the fault in force. */
export function sendFile(ctx: Context, file: MailFile, fault: AttachmentFault | undefined): void {
  if (fault === 404) return notFound(ctx);
  if (fault === 500) {
    ctx.status = 500;
    ctx.body = { message: 'Internal Server Error' };
    return;
  }
  if (fault === 'hang') {
    ctx.respond = false;
    return;
  }
  if (fault === 'cut') return sendHalf(ctx, file);
  ctx.type = file.contentType;
  ctx.body = createReadStream(file.file);
  ctx.length = file.size;
}

function sendHalf(ctx: Context, file: MailFile): void {
  ctx.respond = false;
  ctx.res.writeHead(200, { 'content-type': file.contentType, 'content-length': file.size });
  const half = createReadStream(file.file, { end: Math.max(0, Math.floor(file.size / 2) - 1) });
  half.pipe(ctx.res, { end: false });
  half.on('end', () => ctx.res.socket?.end());
}
