import { caps } from '../../mail/caps.ts';
import { sanitiseHtml } from '../../mail/html.ts';
import { capText, storable } from '../../mail/text.ts';
import { textFromHtml } from '../../mail/htmlText.ts';
import type { StoredMail } from '../../mail/storedMail.ts';
import type { InboundEmail } from '../../mail/inboundEmail.ts';
import { mailWords } from '../../mail/searchWords.ts';
import { parserOf } from '../providers/parsers.ts';
import type { DigestJob, SanitisedBody } from './pool.ts';

/**
 * Parses a post into the form that is stored: safe HTML, text made of the HTML if the mail has none,
 * everything capped.
 */
export async function digest(job: DigestJob): Promise<StoredMail> {
  const { parse } = await parserOf(job.post.provider);
  return toStored(await parse(job.post, job.recipient, localFile(job), job));
}

/** The same with the header fields only, for a mail whose bodies break the parser. */
export async function salvage(job: DigestJob): Promise<StoredMail> {
  const { parseHead } = await parserOf(job.post.provider);
  return toStored(await parseHead(job.post, job.recipient, localFile(job), job));
}

/** Makes HTML safe, and makes a text of it. */
export function sanitise(html: string): SanitisedBody {
  const safe = sanitiseHtml(html);
  return { ...safe, text: textFromHtml(safe.html) };
}

function localFile({ files }: DigestJob): (object: string) => string {
  return (object) => {
    const file = Object.hasOwn(files, object) ? files[object] : undefined;
    if (file === undefined) throw new Error('the job has no local file for an object of the post');
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
  const words = mailWords(
    {
      subject: mail.subject,
      text: text.text,
      from: mail.from ? [mail.from] : [],
      to: [...mail.to, ...mail.cc, ...mail.replyTo],
      filenames: mail.files.map(({ filename }) => filename),
    },
    caps.textBytes,
  );
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
    // Only Content-Ids that a file has.
    shown_cids: html?.shownCids.filter((cid) => cids.has(cid)) ?? [],
    files: mail.files,
    words,
    verdicts: mail.verdicts,
    report: mail.report,
    cut: [...cut],
  });
}

/** Makes every string in a record storable. */
function deepStorable<T>(value: T): T {
  if (typeof value === 'string') return storable(value) as T;
  if (Array.isArray(value)) return value.map(deepStorable) as T;
  if (value === null || typeof value !== 'object' || value instanceof Date) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) => [key, deepStorable<unknown>(inner)]),
  ) as T;
}
