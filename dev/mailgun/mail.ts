import { createWriteStream } from 'node:fs';
import { copyFile, writeFile } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import addressparser from 'nodemailer/lib/addressparser';
import MailComposer from 'nodemailer/lib/mail-composer';
import { headerOf, type Header } from './headers.ts';

/** A mail to compose. Addresses as in a header: `Ann <ann@x.test>`. */
export interface ComposedMail {
  from?: string;
  to?: string[];
  cc?: string[];
  replyTo?: string[];
  subject?: string;
  text?: string;
  html?: string;
  /** Further header fields, in order; repeats are allowed. */
  headers?: Header[];
  attachments?: { filename: string; contentType?: string; content: Buffer; contentId?: string }[];
  /** With angle brackets, like all ids here. */
  inReplyTo?: string;
  references?: string[];
  /** By default a new one is made. */
  messageId?: string;
  /** Default: now. */
  date?: Date;
}

/** A mail from outside: to compose, or raw, as bytes or as the path of a file. */
export type Mail = ComposedMail | { eml: Buffer } | { emlFile: string };

/** Writes the raw mail to `emlFile`. */
export async function writeMail(mail: Mail, emlFile: string): Promise<void> {
  if ('eml' in mail) return writeFile(emlFile, mail.eml);
  if ('emlFile' in mail) return copyFile(mail.emlFile, emlFile);
  const composer = new MailComposer({
    from: mail.from,
    to: mail.to,
    cc: mail.cc,
    replyTo: mail.replyTo,
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    headers: mail.headers?.map(([key, value]) => ({ key, value })),
    attachments: mail.attachments?.map((file) => ({
      filename: file.filename,
      contentType: file.contentType,
      content: file.content,
      cid: file.contentId?.replace(/^<|>$/g, ''),
    })),
    inReplyTo: mail.inReplyTo,
    references: mail.references,
    messageId: mail.messageId,
    date: mail.date,
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  await pipeline(composer.compile().createReadStream(), createWriteStream(emlFile));
}

/** Bare addresses in header fields, in order, without repeats. */
export function addressesIn(headers: Header[], ...names: string[]): string[] {
  const values = headers.filter(([name]) => names.includes(name)).map(([, value]) => value);
  const entries = values.flatMap((value) => addressparser(value, { flatten: true }));
  return [...new Set(entries.flatMap((entry) => entry.address || []))];
}

/** The default sender of the envelope: the address in From, or ''. */
export const senderOf = (headers: Header[]): string =>
  addressesIn([['From', headerOf(headers, 'From') ?? '']], 'From')[0] ?? '';
