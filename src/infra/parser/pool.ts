import type { SanitisedHtml } from '../../mail/html.ts';
import type { StoredMail } from '../../mail/storedMail.ts';
import type { StoredPost } from '../archive/storedPost.ts';
import type { ParseOptions } from '../providers/inbound.ts';

/** A post to parse, with the local paths of its archived objects. */
export interface DigestJob extends ParseOptions {
  post: StoredPost;
  recipient: string;
  /** Storage key of each object of the post -> local path. */
  files: Record<string, string>;
}

export interface DigestOptions {
  /** A job that runs longer than this is rejected, and its thread terminated. */
  limitMs: number;
  /** Each lane has threads of its own: none waits for another. Mail that broke a thread comes back in `again`. */
  lane: 'quick' | 'slow' | 'again';
  /** For whom the mail is: one thread of the lane at a time, so that another's mail finds one. */
  group: string;
  /** Aborts the job. */
  signal?: AbortSignal;
}

/** HTML that an agent wrote, made safe to store and send. */
export interface SanitisedBody extends SanitisedHtml {
  /** The HTML as plain text. */
  text: string;
}

/** The thread exceeded its time or memory, or crashed. */
export class ParserBroke extends Error {
  readonly reason: 'time' | 'memory' | 'crash';
  constructor(reason: 'time' | 'memory' | 'crash') {
    super(`the parser broke: ${reason}`);
    this.reason = reason;
  }
}

/**
 * A verdict about the mail: the parser cannot read it, and could not at a retry either. `code` is the class
 * of the parser's error, not its message, which may contain text of the mail.
 */
export class Unreadable extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`unreadable: ${code}`);
    this.code = code;
  }
}

/** Parses hostile mail in worker threads, so that no mail can block or break the process. */
export interface ParserPool {
  /**
   * Parses and sanitises a mail; everything is capped.
   * @throws ParserBroke, Unreadable; system errors as they are.
   */
  digest(job: DigestJob, options: DigestOptions): Promise<StoredMail>;
  /** Reads only the headers of a mail that broke `digest` twice. */
  salvage(job: DigestJob): Promise<StoredMail>;
  /**
   * Writes files of an archived MIME, by number, to `<dir>/<n>`; a file that is too large ends one byte over
   * `maxBytes`.
   */
  extract(
    mime: string,
    parts: number[],
    dir: string,
    options: { maxBytes: number; limitMs: number; signal?: AbortSignal },
  ): Promise<{ part: number; size: number }[]>;
  /** Does not wait for a `digest` in the quick lane. @throws ParserBroke */
  sanitise(html: string): Promise<SanitisedBody>;
  /** The words of a text of any length, to search by. @throws ParserBroke */
  words(text: string): Promise<string[]>;
  close(): Promise<void>;
}
