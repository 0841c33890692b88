import { bodyFields } from '../fields.ts';
import { readHeaders } from '../headers.ts';
import { readParts } from '../readMail.ts';
import type { MailFolder, StoredMail } from '../stored.ts';
import type { SentMails } from './sentMails.ts';

/** Stored copies of sent mails. A mail is parsed only when its copy is requested. */
export class StoredSent {
  readonly #mails: SentMails;
  readonly #folder: MailFolder;
  readonly #storedForMs: number;
  readonly #reading = new Map<string, Promise<StoredMail | null>>();

  constructor(mails: SentMails, folder: MailFolder, storedForMs: number) {
    this.#mails = mails;
    this.#folder = folder;
    this.#storedForMs = storedForMs;
  }

  /** Null when there is no such mail, or it has expired. */
  async find(key: string): Promise<StoredMail | null> {
    const reading = this.#reading.get(key) ?? this.#read(key);
    this.#reading.set(key, reading);
    return reading.finally(() => this.#reading.delete(key));
  }

  async #read(key: string): Promise<StoredMail | null> {
    const mail = this.#mails.find(key);
    if (!mail || Date.now() - mail.at >= this.#storedForMs) return null;
    const stored = await this.#folder.find(key);
    if (stored) return stored;
    const folder = await this.#folder.make(key);
    const eml = this.#mails.emlFile(key);
    const [parts, headers] = await Promise.all([readParts(eml, folder), readHeaders(eml)]);
    const { at: storedAt, domain, sender, recipients } = mail;
    const read = {
      storedAt,
      domain,
      sender,
      recipients,
      headers,
      bodies: bodyFields(parts),
      files: parts.files,
    };
    await this.#folder.store(key, read);
    return read;
  }
}
