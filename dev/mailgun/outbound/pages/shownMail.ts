import { readFile } from 'node:fs/promises';
import PostalMime, { type Address, type Email } from 'postal-mime';

/** A person in a header; groups are expanded. */
export interface Person {
  name: string;
  address: string;
}

export interface ShownFile {
  name: string;
  contentType: string;
  bytes: Buffer;
  /** Without angle brackets; null when there is none. */
  contentId: string | null;
}

/** A mail as a mail program shows it. */
export interface ShownMail {
  from: Person[];
  replyTo: Person[];
  to: Person[];
  cc: Person[];
  subject: string;
  /** As written. */
  date: string;
  messageId: string;
  /** Each with angle brackets. */
  references: string[];
  text: string;
  html: string | null;
  files: ShownFile[];
  /** All header fields, in order. */
  headers: { key: string; value: string }[];
}

/** Null when the file cannot be parsed as a mail. */
export async function readShownMail(emlFile: string): Promise<ShownMail | null> {
  const mail = await PostalMime.parse(await readFile(emlFile), { forceRfc822Attachments: true }).catch(
    () => null,
  );
  return mail && shown(mail);
}

function shown(mail: Email): ShownMail {
  const header = (key: string) => mail.headers.find((field) => field.key === key)?.value ?? '';
  return {
    from: people(mail.from),
    replyTo: people(mail.replyTo),
    to: people(mail.to),
    cc: people(mail.cc),
    subject: mail.subject ?? '',
    date: header('date'),
    messageId: mail.messageId ?? '',
    references: (mail.references ?? '').match(/<[^<>\s]+>/g) ?? [],
    text: (mail.text ?? '').trimEnd(),
    html: mail.html ?? null,
    files: mail.attachments.map((file, index) => ({
      name: file.filename ?? `part-${index + 1}`,
      contentType: file.mimeType,
      bytes: Buffer.from(file.content as ArrayBuffer),
      contentId: file.contentId?.replace(/^<|>$/g, '') ?? null,
    })),
    headers: mail.headers.map(({ originalKey, value }) => ({ key: originalKey, value })),
  };
}

function people(addresses: Address | Address[] | undefined): Person[] {
  return [addresses ?? []].flat().flatMap((one) => {
    const members = 'group' in one && one.group ? one.group : [one];
    return members.flatMap(({ name, address }) => (address ? [{ name, address }] : []));
  });
}

/** `Ann <ann@x.test>`, for display. */
export const inWords = ({ name, address }: Person): string => (name ? `${name} <${address}>` : address);
