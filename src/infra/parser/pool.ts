import type { SanitisedHtml } from '../../mail/html.ts';
import type { StoredMail } from '../../mail/storedMail.ts';
import type { StoredPost } from '../archive/storedPost.ts';

/** A post to read, with the local paths of its archived objects. */
export interface DigestJob {
  post: StoredPost;
  recipient: string;
  /** Storage key of each object of the post -> local path. */
  files: Record<string, string>;
}

export interface DigestOptions {
  /** The thread ends after this long at work, and `digest` rejects. */
  limitMs: number;
  /** `quick` (the default) never waits behind `slow`: each lane has threads of its own. */
  lane?: 'quick' | 'slow';
  /** Ends the job. */
  signal?: AbortSignal;
}

/** HTML that an agent wrote, fit to be stored and sent. */
export interface SanitisedBody extends SanitisedHtml {
  /** Plain text of it. */
  text: string;
}

/** The thread was over its time or memory, or died. */
export class ParserBroke extends Error {
  readonly cause_: 'time' | 'memory' | 'crash';
  constructor(cause: 'time' | 'memory' | 'crash') {
    super(`the parser broke: ${cause}`);
    this.cause_ = cause;
  }
}

/** A verdict about the mail: the parser refused it, and would again. `code` is the class of its error, no foreign text. */
export class Unreadable extends Error {
  readonly code: string;
  constructor(code: string) {
    super(`unreadable: ${code}`);
    this.code = code;
  }
}

/** Reads hostile mail in worker threads (design: "Hostile mail"). */
export interface ParserPool {
  /** Parses, sanitises, makes text; everything capped. @throws ParserBroke, Unreadable; the system's own errors as they are. */
  digest(job: DigestJob, options: DigestOptions): Promise<StoredMail>;
  /** Headers only, for a mail that broke `digest` twice; never parses bodies. */
  salvage(job: DigestJob): Promise<StoredMail>;
  /** Writes files of an archived MIME, by number, to `<dir>/<n>`, streamed; stops a file one byte over `maxBytes`. */
  extract(
    mime: string,
    parts: number[],
    dir: string,
    options: { maxBytes: number; limitMs: number; signal?: AbortSignal },
  ): Promise<{ part: number; size: number }[]>;
  /** Never waits behind `digest` in the quick lane. @throws ParserBroke */
  sanitise(html: string): Promise<SanitisedBody>;
  close(): Promise<void>;
}
