import { simpleParser, type AddressObject } from 'mailparser';
import PostalMime from 'postal-mime';
import type { Address } from '../../../src/mail/addresses.ts';

/** A mail as its reader sees it. */
export interface ReadMail {
  from: Address | null;
  replyTo: Address[];
  to: Address[];
  cc: Address[];
  subject: string;
  messageId: string;
  inReplyTo: string;
  references: string[];
  date: string;
  text: string;
  html: string | null;
  files: ReadFile[];
}
export interface ReadFile {
  filename: string;
  contentType: string;
  contentId: string | null;
  disposition: string;
  bytes: Buffer;
}

/**
 * The mail as two programs read it, each by its own code: nodemailer's sibling, and one that browsers use.
 */
export async function readTwice(mail: Buffer): Promise<{ mailparser: ReadMail; postalMime: ReadMail }> {
  return { mailparser: await byMailparser(mail), postalMime: await byPostalMime(mail) };
}

const text = (written: string | undefined) => (written ?? '').replace(/\r\n/g, '\n').trimEnd();
const ids = (written: string | undefined) => written?.match(/<[^<>]+>/g) ?? [];

async function byMailparser(mail: Buffer): Promise<ReadMail> {
  const parsed = await simpleParser(mail, {
    skipImageLinks: true,
    skipTextToHtml: true,
    skipHtmlToText: true,
  });
  const people = (list: AddressObject | AddressObject[] | undefined): Address[] =>
    [list ?? []]
      .flat()
      .flatMap(({ value }) => value.map(({ address, name }) => ({ email: address ?? '', name })));
  return {
    from: people(parsed.from)[0] ?? null,
    replyTo: people(parsed.replyTo),
    to: people(parsed.to),
    cc: people(parsed.cc),
    subject: parsed.subject ?? '',
    messageId: parsed.messageId ?? '',
    inReplyTo: parsed.inReplyTo ?? '',
    references: [parsed.references ?? []].flat(),
    date: parsed.date?.toISOString() ?? '',
    text: text(parsed.text),
    html: parsed.html === false ? null : text(parsed.html),
    files: parsed.attachments.map((file) => ({
      filename: file.filename ?? '',
      contentType: file.contentType,
      contentId: file.cid ?? null,
      disposition: file.contentDisposition ?? '',
      bytes: file.content,
    })),
  };
}

async function byPostalMime(mail: Buffer): Promise<ReadMail> {
  const parsed = await PostalMime.parse(mail, { attachmentEncoding: 'arraybuffer' });
  const people = (list: { address?: string; name: string }[] | undefined): Address[] =>
    (list ?? []).map(({ address, name }) => ({ email: address ?? '', name }));
  return {
    from: people(parsed.from && [parsed.from])[0] ?? null,
    replyTo: people(parsed.replyTo),
    to: people(parsed.to),
    cc: people(parsed.cc),
    subject: parsed.subject ?? '',
    messageId: parsed.messageId ?? '',
    inReplyTo: parsed.inReplyTo ?? '',
    references: ids(parsed.references),
    date: parsed.date ?? '',
    text: text(parsed.text),
    html: parsed.html === undefined ? null : text(parsed.html),
    files: parsed.attachments.map((file) => ({
      filename: file.filename ?? '',
      contentType: file.mimeType,
      contentId: file.contentId?.replace(/^<|>$/g, '') ?? null,
      disposition: file.disposition ?? '',
      bytes: Buffer.from(file.content as ArrayBuffer),
    })),
  };
}
