import { z } from 'zod';
import { readReport } from '../../../mail/bounce.ts';
import { caps } from '../../../mail/caps.ts';
import { knownCharset } from '../../../mail/charset.ts';
import { firstHeader, headerValues, HeaderList, unfold, type Headers } from '../../../mail/headers.ts';
import { firstBytes, headOnly, readMime, readMimeHead, type MimeMail } from '../../../mail/mime.ts';
import {
  REPORT_PART_BYTES,
  reportFiles,
  type ReportPart,
  type ReportParts,
} from '../../../mail/reportParts.ts';
import { capText, storable } from '../../../mail/text.ts';
import { readVerdicts } from '../../../mail/verdicts.ts';
import type { StoredPost } from '../../archive/storedPost.ts';
import type { InboundEmail } from '../../../mail/inboundEmail.ts';
import { fieldsOf, type Fields } from '../storedValues.ts';
import { parseJson, postedFiles, readContentIdMap, storedFiles } from './attachments.ts';

const MiB = 1024 * 1024;
/** How many bytes of a JSON field are read; a longer one cannot be used. */
const JSON_BYTES = 8 * MiB;
/** A URL and a Content-ID for each file; of a longer one the beginning is used. */
const MAP_BYTES = 256 * 1024;
/** How many bytes of a body are read: one character more than the cap, which shows that the body was cut. */
const BODY_BYTES = caps.textBytes + 4;
const ADDRESS_BYTES = 1_000;

/** Documented for domains whose spam_action is `tag` (Mailgun user manual, "Spam filter"). */
const VERDICT_HEADERS = {
  spf: 'X-Mailgun-Spf',
  dkim: 'X-Mailgun-Dkim-Check-Result',
  spam: 'X-Mailgun-Sflag',
  spamScore: 'X-Mailgun-Sscore',
};

type File = (object: string) => string;

/**
 * Parses the post of a route: parsed fields (`forward`), with files stored at Mailgun (`store`), or raw MIME.
 */
export async function parse(post: StoredPost, _recipient: string, file: File): Promise<InboundEmail> {
  if (post.mime) return withEnvelope(await readMime(file(post.mime.object)), fieldsOf(post, file, null));
  const head = await formHead(post, file);
  const charset = charsetOf(head.headers);
  const fields = fieldsOf(post, file, charset);
  const text = await body(fields, 'body-plain');
  const html = await body(fields, 'body-html');
  const cids = readContentIdMap((await fields.first('content-id-map', MAP_BYTES)) ?? '');
  const list = await fields.first('attachments', JSON_BYTES);
  const stored = list === null ? [] : storedFiles(list, cids);
  const files = [...postedFiles(post, cids, charset), ...(stored ?? [])];
  const mail: MimeMail = {
    ...head,
    reportParts: readReportParts(post, file),
    text: text.value,
    html: html.value,
    files: files.slice(0, caps.parts),
    cut: [
      ...head.cut,
      ...(text.cut ? ['text'] : []),
      ...(html.cut ? ['html'] : []),
      ...(stored === null || files.length > caps.parts ? ['parts'] : []),
    ],
  };
  return withEnvelope(mail, fields);
}

/** The same without bodies and files. */
export async function parseHead(post: StoredPost, _recipient: string, file: File): Promise<InboundEmail> {
  if (post.mime) return withEnvelope(readMimeHead(file(post.mime.object)), fieldsOf(post, file, null));
  return withEnvelope(await formHead(post, file), fieldsOf(post, file, null));
}

async function formHead(post: StoredPost, file: File): Promise<MimeMail> {
  const list = await headersOf(post, fieldsOf(post, file, null));
  return { ...headOnly(list.fields), cut: list.cut ? ['headers'] : [] };
}

async function withEnvelope({ reportParts, ...mail }: MimeMail, fields: Fields): Promise<InboundEmail> {
  const sender = storable((await fields.first('sender', ADDRESS_BYTES)) ?? '').replace(/[<>\s]/g, '');
  const envelopeFrom = sender || null;
  return {
    ...mail,
    envelopeFrom,
    report: readReport({ ...mail, envelopeFrom }, reportParts),
    verdicts: readVerdicts(mail.headers, VERDICT_HEADERS),
  };
}

/** Parts of a delivery report are posted as files like any other. */
function readReportParts(post: StoredPost, file: File): ReportParts {
  const found = reportFiles(post.files, ({ content_type }) => content_type);
  const bytesOf = (part: ReportPart) => {
    const posted = found.get(part);
    return posted ? firstBytes(file(posted.object), REPORT_PART_BYTES) : null;
  };
  return { status: bytesOf('status'), original: bytesOf('original') };
}

/**
 * From `message-headers`, which keeps order and repeats; without it, from the fields that are named like
 * headers.
 */
async function headersOf(post: StoredPost, fields: Fields): Promise<HeaderList> {
  const list = new HeaderList();
  const written = parseJson((await fields.first('message-headers', JSON_BYTES)) ?? '');
  for (const pair of Array.isArray(written) ? written : []) {
    const header = z.tuple([z.string(), z.string()]).safeParse(pair);
    if (header.success) add(list, ...header.data);
  }
  if (list.fields.length === 0) {
    const names = new Set(post.fields.map(([name]) => name).filter((name) => /^[A-Z]/.test(name)));
    for (const name of names) {
      for (const value of await fields.all(name, caps.headerBytes)) add(list, name, value);
    }
  }
  for (const name of ['From', 'Subject']) {
    if (headerValues(list.fields, name).length > 0) continue;
    const value = await fields.first(name.toLowerCase(), caps.headerBytes);
    if (value) add(list, name, value);
  }
  return list;
}

function add(list: HeaderList, name: string, value: string): void {
  if (/^[!-9;-~]+$/.test(name)) list.add(name, unfold(value));
}

/** The charset that the mail declares as a whole; in a multipart mail each part has its own. */
function charsetOf(headers: Headers): string | null {
  const type = firstHeader(headers, 'Content-Type') ?? '';
  return knownCharset(/charset\s{0,9}=\s{0,9}"?([\w.:-]{1,50})/i.exec(type)?.[1]);
}

/** All values of a body field joined; null if there are none, or they are empty. */
async function body(fields: Fields, name: string): Promise<{ value: string | null; cut: boolean }> {
  const values = await fields.all(name, BODY_BYTES);
  const { text, cut } = capText(values.filter((value) => value !== '').join('\n'));
  return { value: text === '' ? null : text.replaceAll('\r\n', '\n'), cut };
}
