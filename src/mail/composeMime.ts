import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import libmime from 'libmime';
import MailComposer from 'nodemailer/lib/mail-composer';
import type { Address } from './addresses.ts';
import { oneLine } from '../lib/oneLine.ts';
import { fileName, mediaType } from './files.ts';
import { readMessageIds } from './messageIds.ts';
import { storable } from './text.ts';

/** An outgoing mail. It has no Bcc: those recipients are in the envelope only. */
export interface OutgoingMime {
  from: Address;
  replyTo: Address[];
  to: Address[];
  cc: Address[];
  subject: string;
  date: Date;
  /** With angle brackets, like all ids here. */
  messageId: string;
  inReplyTo: string | null;
  references: string[];
  text: string;
  /** Refers to images of the mail by `cid:` URLs. */
  html: string | null;
  files: OutgoingFile[];
  /** Further header fields, whose values are constants of our code. */
  headers?: Record<string, string>;
}

export interface OutgoingFile {
  filename: string;
  contentType: string;
  /** Without angle brackets; set for an image that the HTML shows. */
  contentId: string | null;
  content: Readable;
}

/** Longest id that fits on a line together with the header's name (RFC 5322 2.1.1: 998 characters). */
const MAX_ID_LENGTH = 900;

/**
 * Composes the mail as a stream of MIME with CRLF line ends. The same mail gives the same bytes. No value can
 * start a new header field, and no file or URL is read: all content must be passed in.
 */
export function composeMime(mail: OutgoingMime): Readable {
  const [messageId] = headerIds([mail.messageId]);
  // Otherwise nodemailer would make up an id, and events about the mail could not be matched with it.
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
    // nodemailer would leave out an empty text.
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
    // These types must not be encoded (RFC 2046 5.2.1), so their lines would become lines of our own mail.
    contentType: /^(?:message|multipart)\//.test(contentType) ? 'application/octet-stream' : contentType,
    contentTransferEncoding: 'base64',
    contentDisposition: file.contentId === null ? 'attachment' : 'inline',
    cid: file.contentId ?? undefined,
    content: file.content,
  };
}

/** nodemailer folds only at spaces, and does not encode text that looks like an encoded word (RFC 2047). */
const NEEDS_ENCODING = /=\?|\S{500}/;
const MAX_NAME_CHARS = 400;

function headerSubject(subject: string): string {
  const line = headerText(subject);
  return NEEDS_ENCODING.test(line) ? libmime.encodeWord(line, 'Q', 52) : line;
}

const headerAddress = ({ email, name }: Address) => ({
  // nodemailer folds at every kind of space, but only an ASCII space continues a header field.
  address: headerText(email).replace(/\s+/g, ' '),
  name: Array.from(headerText(name).replaceAll('=?', '= ?')).slice(0, MAX_NAME_CHARS).join(''),
});

/** The ids that all mail programs can read: ASCII, and short enough for a line. */
const headerIds = (ids: string[]): string[] =>
  ids.flatMap(readMessageIds).filter((id) => id.length <= MAX_ID_LENGTH && /^[!-~]+$/.test(id));

const headerText = (value: string): string => oneLine(storable(value));
const crlf = (text: string): string => storable(text).replace(/\r\n?|\n/g, '\r\n');
