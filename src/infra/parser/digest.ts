import { sanitiseHtml } from '../../mail/html.ts';
import { capText, storable } from '../../mail/text.ts';
import { textFromHtml } from '../../mail/htmlText.ts';
import type { StoredMail } from '../../mail/storedMail.ts';
import type { InboundEmail } from '../../mail/inboundEmail.ts';
import { parserOf } from '../providers/parsers.ts';
import type { DigestJob, SanitisedBody } from './pool.ts';

/** Reads a post into what is stored: HTML made safe, text made from it where the mail has none, all of it capped. */
export async function digest(job: DigestJob): Promise<StoredMail> {
  const { parse } = await parserOf(job.post.provider);
  return toStored(await parse(job.post, job.recipient, localFile(job)));
}

/** Header fields only. */
export async function salvage(job: DigestJob): Promise<StoredMail> {
  const { parseHead } = await parserOf(job.post.provider);
  return toStored(await parseHead(job.post, job.recipient, localFile(job)));
}

/** HTML made safe, and text made from it. */
export function sanitise(html: string): SanitisedBody {
  const safe = sanitiseHtml(html);
  return { ...safe, text: textFromHtml(safe.html) };
}

function localFile({ files }: DigestJob): (object: string) => string {
  return (object) => {
    const file = Object.hasOwn(files, object) ? files[object] : undefined;
    if (file === undefined) throw new Error('an object of the post is not at hand');
    return file;
  };
}

function toStored(mail: InboundEmail): StoredMail {
  const html = mail.html?.trim() ? sanitiseHtml(mail.html) : null;
  const text = capText(mail.text?.trim() ? mail.text : html ? textFromHtml(html.html) : '');
  const cids = new Set(mail.files.map((file) => file.contentId));
  const cut = new Set(mail.cut);
  if (html?.cut) cut.add('html');
  if (text.cut) cut.add('text');
  return deepStorable({
    envelope_from: mail.envelopeFrom,
    headers: mail.headers,
    message_id: mail.messageId,
    in_reply_to: mail.inReplyTo,
    references: mail.references,
    from: mail.from,
    reply_to: mail.replyTo,
    to: mail.to,
    cc: mail.cc,
    subject: mail.subject,
    date: mail.date,
    text: text.text,
    html: html?.html ?? null,
    // A Content-Id that no file has shows nothing.
    shown_cids: html?.shownCids.filter((cid) => cids.has(cid)) ?? [],
    files: mail.files,
    verdicts: mail.verdicts,
    report: mail.report,
    cut: [...cut],
  });
}

/** Every string in a record made storable. */
function deepStorable<T>(value: T): T {
  if (typeof value === 'string') return storable(value) as T;
  if (Array.isArray(value)) return value.map(deepStorable) as T;
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, deepStorable<unknown>(inner)]),
  ) as T;
}
