import type { Field } from './body.ts';
import { headerOf, type Header } from './headers.ts';
import type { MailFile, MailParts } from './readMail.ts';
import type { Signature } from './signature.ts';
import { stripHtml, stripText } from './strip.ts';

/** Header fields that Mailgun adds: by its mail servers, and by its spam filter (`spam_action: tag`). */
export interface AddedHeaders {
  trace: Header[];
  filter: Header[];
}

/** Verdicts of the spam filter, in Mailgun's words; null: the header is omitted. */
export interface FilterVerdicts {
  spf: 'Pass' | 'Neutral' | 'Fail' | 'SoftFail' | null;
  dkim: 'Pass' | 'Fail' | null;
  spamFlag: 'Yes' | 'No' | null;
  /** About 5.0 counts as spam. */
  spamScore: string | null;
}

export function addedHeaders(sender: string, messageKey: string, verdicts: FilterVerdicts): AddedHeaders {
  const received = `from mail.sender.test (mail.sender.test [192.0.2.10]) by mxa.mailgun.org with ESMTP id ${messageKey}; ${new Date().toUTCString()}`;
  const filter: [string, string | null][] = [
    ['X-Mailgun-Sflag', verdicts.spamFlag],
    ['X-Mailgun-Sscore', verdicts.spamScore],
    ['X-Mailgun-Spf', verdicts.spf],
    ['X-Mailgun-Dkim-Check-Result', verdicts.dkim],
  ];
  return {
    trace: [
      ['X-Mailgun-Incoming', 'Yes'],
      ['X-Envelope-From', sender],
      ['Received', received],
    ],
    filter: filter.filter((header): header is Header => header[1] !== null),
  };
}

/** In the order of `message-headers` and of the raw form: what was added last comes first. */
export const onTop = (added: AddedHeaders): Header[] => [...added.filter.toReversed(), ...added.trace];

/**
 * The first fields of each form: envelope, `from` and `subject`, one field for each header, `message-
 * headers`.
 */
export function commonFields(
  recipient: string,
  sender: string,
  headers: Header[],
  added: AddedHeaders,
): Field[] {
  const lowerCase = ['Subject', 'From'].flatMap((name): Field[] => {
    const value = headerOf(headers, name);
    return value === undefined ? [] : [[name.toLowerCase(), value]];
  });
  return [
    ['recipient', recipient],
    ['sender', sender],
    ...lowerCase,
    ...added.trace,
    ...headers,
    ...added.filter,
    ['message-headers', JSON.stringify([...onTop(added), ...headers])],
  ];
}

/** Bodies, and the bodies without quotes and signature. */
export function bodyFields(parts: MailParts): Field[] {
  const text = parts.text.replace(/\r?\n/g, '\r\n');
  const stripped = stripText(text);
  return [
    ['body-plain', text],
    ...(parts.html === null ? [] : [['body-html', parts.html] satisfies Field]),
    ...(stripped
      ? [
          ['stripped-text', stripped.text] satisfies Field,
          ['stripped-signature', stripped.signature] satisfies Field,
        ]
      : []),
    ...(parts.html === null ? [] : [['stripped-html', stripHtml(parts.html)] satisfies Field]),
  ];
}

/** `attachment-count` and `content-id-map`; empty without attachments. */
export function fileFields(files: MailFile[]): Field[] {
  if (files.length === 0) return [];
  return [['attachment-count', String(files.length)], ...contentIdMap(files, (n) => `attachment-${n + 1}`)];
}

/** What `store(notify)` posts instead of files: the URLs that serve them, numbered from 0. */
export function storedFields(files: MailFile[], messageUrl: string, domain: string): Field[] {
  const links = files.map((file, n) => ({
    url: `${messageUrl}/attachments/${n}`,
    'content-type': file.contentType,
    name: file.filename,
    size: file.size,
  }));
  return [
    ['domain', domain],
    ['message-url', messageUrl],
    ...(files.length > 0 ? [['attachments', JSON.stringify(links)] satisfies Field] : []),
    ...contentIdMap(files, (n) => `${messageUrl}/attachments/${n}`),
  ];
}

function contentIdMap(files: MailFile[], target: (n: number) => string): Field[] {
  const pairs = files.flatMap((file, n) => (file.contentId ? [[file.contentId, target(n)]] : []));
  return pairs.length > 0 ? [['content-id-map', JSON.stringify(Object.fromEntries(pairs))]] : [];
}

export const signatureFields = ({ timestamp, token, signature }: Signature): Field[] => [
  ['timestamp', timestamp],
  ['token', token],
  ['signature', signature],
];
