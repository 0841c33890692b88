import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import libmime from 'libmime';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Address } from './addresses.ts';
import { fileName, mediaType } from './files.ts';
import { readMessageIds } from './messageIds.ts';
import { storable } from './text.ts';

/**
 * A mail of ours, as its reader shall see it. Bcc is no part of it: who is hidden stands in the envelope
 * only.
 */
export interface OutgoingMime {
  from: Address;
  replyTo: Address[];
  to: Address[];
  cc: Address[];
  subject: string;
  date: Date;
  /** With angle brackets, as all ids here. */
  messageId: string;
  inReplyTo: string | null;
  references: string[];
  text: string;
  /** Images of the mail as `cid:` URLs. */
  html: string | null;
  files: OutgoingFile[];
  /** Further header fields of ours, constant. */
  headers?: Record<string, string>;
}

export interface OutgoingFile {
  filename: string;
  contentType: string;
  /** Without angle brackets; set for an image that the HTML shows. */
  contentId: string | null;
  content: Readable;
}

/**
 * Longest id that fits a line of a mail with the header's name before it (RFC 5322 2.1.1: 998 characters).
 */
const LONGEST_ID = 900;

/**
 * The mail as MIME, streamed, lines ended by CRLF. The same mail gives the same bytes. No value can begin a
 * header of its own, and nothing is read but what is handed in.
 */
export function composeMime(mail: OutgoingMime): Readable {
  const [messageId] = headerIds([mail.messageId]);
  // nodemailer would make one of its own, and nobody would find the mail again.
  if (messageId === undefined) throw new Error('a mail needs a Message-Id');
  const composer = new MailComposer({
    from: [headerAddress(mail.from)],
    replyTo: mail.replyTo.map(headerAddress),
    to: mail.to.map(headerAddress),
    cc: mail.cc.map(headerAddress),
    subject: headerSubject(mail.subject),
    date: mail.date,
    messageId,
    inReplyTo: headerIds(mail.inReplyTo === null ? [] : [mail.inReplyTo])[0],
    references: headerIds(mail.references),
    // nodemailer leaves out a text that is empty.
    text: crlf(mail.text) || '\r\n',
    html: mail.html === null ? undefined : crlf(mail.html),
    attachments: mail.files.map(attachment),
    headers: mail.headers,
    baseBoundary: createHash('sha256').update(mail.messageId).digest('hex').slice(0, 32),
    newline: 'windows',
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return composer.compile().createReadStream();
}

function attachment(file: OutgoingFile) {
  const contentType = mediaType(file.contentType);
  return {
    filename: fileName(file.filename, contentType),
    // A message or multipart may not be encoded (RFC 2046 5.2.1), and its lines would become lines of our own
    // mail.
    contentType: /^(?:message|multipart)\//.test(contentType) ? 'application/octet-stream' : contentType,
    contentTransferEncoding: 'base64',
    contentDisposition: file.contentId === null ? 'attachment' : 'inline',
    cid: file.contentId ?? undefined,
    content: file.content,
  };
}

/** nodemailer folds at spaces only, and takes what looks like an encoded word (RFC 2047) for one. */
const NEEDS_ENCODING = /=\?|\S{500}/;
const LONGEST_NAME = 400;

function headerSubject(subject: string): string {
  const line = oneLine(subject);
  return NEEDS_ENCODING.test(line) ? libmime.encodeWord(line, 'Q', 52) : line;
}

const headerAddress = ({ email, name }: Address) => ({
  // nodemailer folds at every kind of space, and only one before an ASCII one goes on with the header.
  address: oneLine(email).replace(/\s+/g, ' '),
  name: Array.from(oneLine(name).replaceAll('=?', '= ?')).slice(0, LONGEST_NAME).join(''),
});

/** Ids that other programs read as one: ASCII, and short enough for a line. */
const headerIds = (ids: string[]): string[] =>
  ids.flatMap(readMessageIds).filter((id) => id.length <= LONGEST_ID && /^[!-~]+$/.test(id));

const oneLine = (value: string): string =>
  storable(value)
    .replace(/\p{Cc}+/gu, ' ')
    .trim();
const crlf = (text: string): string => storable(text).replace(/\r\n?|\n/g, '\r\n');
