import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { multipart, percentEncoded, urlencoded, type Body, type Field } from './body.ts';
import * as fields from './fields.ts';
import type { Header } from './headers.ts';
import type { Form } from './posts.ts';
import { readParts } from './readMail.ts';
import type { MailFolder } from './stored.ts';

/** A received mail, with what its posts need. */
export interface ReceivedMail {
  key: string;
  folder: string;
  eml: string;
  headers: Header[];
  added: fields.AddedHeaders;
  sender: string;
  recipients: string[];
  /** Base URL of the stored messages. */
  url: string;
  mails: MailFolder;
}

/** Makes the body for one recipient. The mail itself was read before, once. */
export type BodyFor = (recipient: string, signature: Field[]) => Body;

/** `forward("…")`: multipart when there are files. */
async function forward(mail: ReceivedMail): Promise<BodyFor> {
  const parts = await readParts(mail.eml, mail.folder);
  const bodies = fields.bodyFields(parts);
  return (recipient, signature) => {
    const all = [
      ...fields.commonFields(recipient, mail.sender, mail.headers, mail.added),
      ...bodies,
      ...fields.fileFields(parts.files),
      ...signature,
    ];
    return parts.files.length > 0 ? multipart(all, parts.files) : urlencoded(all);
  };
}

/** `store(notify="…")`: links instead of files; multipart, too, when there are files. */
async function store(mail: ReceivedMail): Promise<BodyFor> {
  const parts = await readParts(mail.eml, mail.folder);
  const bodies = fields.bodyFields(parts);
  await mail.mails.store(mail.key, {
    storedAt: Date.now(),
    sender: mail.sender,
    recipients: mail.recipients,
    headers: [...fields.onTop(mail.added), ...mail.headers],
    bodies,
    files: parts.files,
  });
  return (recipient, signature) => {
    const domain = recipient.split(',')[0]!.split('@').at(-1)!;
    const messageUrl = `${mail.url}/v3/domains/${domain}/messages/${mail.key}`;
    const all = [
      ...fields.commonFields(recipient, mail.sender, mail.headers, mail.added),
      ...bodies,
      ...fields.storedFields(parts.files, messageUrl, domain),
      ...signature,
    ];
    return parts.files.length > 0 ? multipart(all, []) : urlencoded(all);
  };
}

/** `forward("…/mime")`: the raw mail, unchanged, below the headers that Mailgun adds. */
async function mime(mail: ReceivedMail): Promise<BodyFor> {
  const file = path.join(mail.folder, 'body-mime');
  const added = fields.onTop(mail.added).map(([name, value]) => `${name}: ${value}\r\n`);
  async function* raw(): AsyncGenerator<Buffer> {
    yield Buffer.from(added.join(''));
    yield* createReadStream(mail.eml);
  }
  await pipeline(percentEncoded(raw()), createWriteStream(file));
  const { size } = await stat(file);
  return (recipient, signature) =>
    urlencoded([...fields.commonFields(recipient, mail.sender, mail.headers, mail.added), ...signature], {
      file,
      size,
    });
}

export const forms: Record<Form, (mail: ReceivedMail) => Promise<BodyFor>> = { forward, store, mime };
