import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Field } from './body.ts';
import type { Header } from './headers.ts';
import type { MailFile } from './readMail.ts';

/** What `store()` keeps of a mail, besides its raw bytes and decoded files. */
export interface StoredMail {
  /** Milliseconds since 1970. */
  storedAt: number;
  /** Sending domain of a sent mail. A received mail belongs to the domains of its recipients. */
  domain?: string;
  sender: string;
  recipients: string[];
  /** Those that Mailgun added, then those of the mail. */
  headers: Header[];
  bodies: Field[];
  files: MailFile[];
}

/**
 * A folder with one folder for each mail. A mail that was posted with `store()` stays until it expires, also
 * after a restart; any other mail stays until its posts are settled.
 */
export class MailFolder {
  readonly #root: string;
  readonly #storedForMs: number;

  constructor(dataDir: string, storedForMs: number) {
    this.#root = path.join(dataDir, 'mails');
    this.#storedForMs = storedForMs;
  }

  /** Path of a mail's folder. @throws TypeError for a malformed key */
  of(key: string): string {
    if (!/^[\w-]+$/.test(key)) throw new TypeError('not a message key');
    return path.join(this.#root, key);
  }

  async make(key: string): Promise<string> {
    await mkdir(this.of(key), { recursive: true });
    return this.of(key);
  }

  async remove(key: string): Promise<void> {
    await rm(this.of(key), { recursive: true, force: true, maxRetries: 3 });
  }

  async store(key: string, mail: StoredMail): Promise<void> {
    await writeFile(path.join(this.of(key), 'stored.json'), JSON.stringify(mail));
  }

  /** Null when the mail does not exist or has expired. */
  async find(key: string): Promise<StoredMail | null> {
    if (!/^[\w-]+$/.test(key)) return null;
    const json = await readFile(path.join(this.of(key), 'stored.json'), 'utf8').catch(() => null);
    if (json === null) return null;
    const mail = JSON.parse(json) as StoredMail;
    if (Date.now() - mail.storedAt < this.#storedForMs) return mail;
    await this.remove(key);
    return null;
  }

  /** Removes what has expired, and what an earlier run did not finish. */
  async sweep(): Promise<void> {
    for (const key of await readdir(this.#root).catch(() => [])) {
      if (!(await this.find(key))) await this.remove(key);
    }
  }
}
