import { closeSync, openSync, readFileSync, renameSync, writeFileSync, writeSync } from 'node:fs';
import { mkdir, readdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { SentEvent, SentMail } from './sentMail.ts';

/** At most this many mails are kept, the newest ones. */
const MAX_MAILS = 10_000;

export interface EventOfMail {
  mail: SentMail;
  event: SentEvent;
}

/**
 * The accepted mails: each is one line in a journal and a file with the raw mail. Survives a kill at any
 * moment.
 */
export class SentMails {
  readonly #folder: string;
  readonly #journal: string;
  /** Null after `close`. */
  #fd: number | null;
  #lines = 0;
  /** Oldest first. */
  #mails: SentMail[] = [];
  readonly #byKey = new Map<string, SentMail>();
  readonly #byMessageId = new Map<string, SentMail[]>();
  readonly #byEventId = new Map<string, EventOfMail>();

  private constructor(folder: string) {
    this.#folder = folder;
    this.#journal = path.join(folder, 'journal.ndjson');
    for (const mail of readJournal(this.#journal).slice(-MAX_MAILS)) this.#remember(mail);
    this.#fd = this.#rewrite();
  }

  /** Also removes files that an earlier run did not finish. */
  static async open(folder: string): Promise<SentMails> {
    await mkdir(folder, { recursive: true });
    const mails = new SentMails(folder);
    const files = (await readdir(folder)).filter((name) => name !== 'journal.ndjson');
    const orphans = files.filter((name) => !mails.#byKey.has(name.replace(/\.eml$/, '')));
    await Promise.all(orphans.map((name) => rm(path.join(folder, name), { force: true })));
    return mails;
  }

  /** Path of the raw mail, which must be written before the mail is added. */
  emlFile(key: string): string {
    return path.join(this.#folder, `${key}.eml`);
  }

  add(mail: SentMail): void {
    if (this.#fd === null) return;
    writeSync(this.#fd, `${JSON.stringify(mail)}\n`);
    this.#lines += 1;
    this.#remember(mail);
    if (this.#mails.length > MAX_MAILS) this.#forget(this.#mails.shift()!);
    if (this.#lines < 2 * MAX_MAILS) return;
    closeSync(this.#fd);
    this.#fd = this.#rewrite();
  }

  /** Oldest first. */
  get all(): readonly SentMail[] {
    return this.#mails;
  }
  find(key: string): SentMail | undefined {
    return this.#byKey.get(key);
  }
  /** @param messageId with angle brackets */
  withMessageId(messageId: string): readonly SentMail[] {
    return this.#byMessageId.get(messageId) ?? [];
  }
  event(id: string): EventOfMail | undefined {
    return this.#byEventId.get(id);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #remember(mail: SentMail): void {
    this.#mails.push(mail);
    this.#byKey.set(mail.key, mail);
    this.#byMessageId.set(mail.messageId, [...this.withMessageId(mail.messageId), mail]);
    for (const event of mail.events) this.#byEventId.set(event.id, { mail, event });
  }

  #forget(mail: SentMail): void {
    this.#byKey.delete(mail.key);
    const others = this.withMessageId(mail.messageId).filter((other) => other !== mail);
    if (others.length > 0) this.#byMessageId.set(mail.messageId, others);
    else this.#byMessageId.delete(mail.messageId);
    for (const event of mail.events) this.#byEventId.delete(event.id);
    void rm(this.emlFile(mail.key), { force: true });
  }

  /** Writes the journal anew, with the mails that are kept. @returns a file descriptor to append with */
  #rewrite(): number {
    const text = this.#mails.map((mail) => `${JSON.stringify(mail)}\n`).join('');
    writeFileSync(`${this.#journal}.new`, text);
    renameSync(`${this.#journal}.new`, this.#journal);
    this.#lines = this.#mails.length;
    return openSync(this.#journal, 'a');
  }
}

/** Ignores a line that a kill left incomplete. */
function readJournal(file: string): SentMail[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    try {
      return JSON.parse(line) as SentMail;
    } catch {
      return [];
    }
  });
}
