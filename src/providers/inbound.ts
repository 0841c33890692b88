import type { IncomingHttpHeaders } from 'node:http';
import type { StoredPost } from '../webhook/storedPost.ts';
import type { Address } from '../email/addresses.ts';

/** One mail, in the same shape whichever provider it came through and in whichever form. */
export interface InboundEmail {
  envelopeFrom: string | null;
  /** Header fields in order, repeats kept, values unfolded and decoded. */
  headers: [name: string, value: string][];
  /** With angle brackets; null when missing or not of the shape `<x@y>`. */
  messageId: string | null;
  /** Ids of the shape `<x@y>`, in the order written. */
  inReplyTo: string[];
  /** Oldest first, as written. */
  references: string[];
  from: Address | null;
  replyTo: Address[];
  to: Address[];
  cc: Address[];
  subject: string;
  /** From the Date header; null when missing or unreadable. */
  date: Date | null;
  /** Plain text as sent; null where the mail has none. */
  text: string | null;
  /** HTML as sent, hostile; null where the mail has none. */
  html: string | null;
  files: InboundFile[];
  verdicts: Verdicts;
  /** What a bounce or another delivery report says (email/bounce.ts); null for all other mail. */
  report: DeliveryReport | null;
  /** What was cut because it was over a cap (email/caps.ts): `html`, `text`, `headers`, `parts`. */
  cut: string[];
}

export interface InboundFile {
  filename: string;
  contentType: string;
  /** Bytes; null where the provider does not say. */
  size: number | null;
  /** Without angle brackets. */
  contentId: string | null;
  /** Where its bytes are: an object of the archive, a URL of the provider, or the n-th file of the archived MIME. */
  source: { object: string } | { url: string } | { part: number };
}

/** What a mail server says has become of a mail that it was given (RFC 3464, or as older ones write it). */
export interface DeliveryReport {
  /** What it was known by. */
  rule: string;
  /** Message-Id of the mail that it is about, with angle brackets. */
  originalMessageId: string | null;
  /** What it says where it names nobody. */
  action: ReportedAction;
  recipients: {
    /** Normalised: whom the mail was sent to, where the report says so, then whom that server tried. */
    addresses: string[];
    action: ReportedAction;
    /** RFC 3463: `5.1.1`. */
    status: string | null;
    /** One line of what the server said. */
    diagnostic: string | null;
  }[];
}
export type ReportedAction = 'failed' | 'delayed' | 'delivered';

export type Verdict = 'pass' | 'fail' | 'neutral' | 'unknown';
export interface Verdicts {
  spf: Verdict;
  dkim: Verdict;
  spam: Verdict;
  spamScore: number | null;
}

/** What the webhook knows of a post when it asks for proof. Field values are those that occur exactly once, or null. */
export interface PostToProve {
  headers: IncomingHttpHeaders;
  query: URLSearchParams;
  field(name: string): string | null;
}

/**
 * A mail provider's way in. Everything that is particular to it is behind this interface; nothing upstream names a provider.
 * `parse` runs in a worker thread (src/parser) and may be given hostile bytes.
 */
export interface InboundProvider {
  /** Names the archive folders `<name>-incoming/` and `<name>-skipped/`, and the URL `/webhooks/<name>/inbound`. */
  readonly name: string;
  /** `form`: urlencoded or multipart fields; `mime`: the body is the mail itself. */
  readonly body: 'form' | 'mime';
  /** Paths below `/webhooks/<name>/` that take mail. */
  readonly paths: readonly string[];
  /** Form fields that differ between two tries of one post; left out of its identity. */
  readonly volatileFields: readonly string[];
  /** Form fields that `prove`, `recipients` and `token` read; others are not at hand there. */
  readonly readsFields: readonly string[];
  /** Form field that holds raw MIME, kept as bytes in `<id>.eml`. */
  readonly mimeField: string | null;
  /** When the proof is in the request's head, it is asked for before the body is read. */
  readonly provesFromHead: boolean;
  /** @returns null when proved, else why not (shown with 401). */
  prove(post: PostToProve): string | null;
  /** Addresses that this post is for, as posted. */
  recipients(post: PostToProve): string[];
  /** The single-use token, or null. */
  token(post: PostToProve): string | null;
  /** @param file local path of an archived object of this post. */
  parse(post: StoredPost, recipient: string, file: (object: string) => string): Promise<InboundEmail>;
  /** How to ask for a file that the provider keeps. @throws FileRefused when the URL is not one that may be asked. */
  remoteFile(url: string): { url: URL; headers: Record<string, string> };
}

/** A post names a file that must not be asked for; never retried. */
export class FileRefused extends Error {}
