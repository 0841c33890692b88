import type { Address } from './addresses.ts';

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
  /** What a bounce or another delivery report says (mail/bounce.ts); null for all other mail. */
  report: DeliveryReport | null;
  /** What was cut because it was over a cap (mail/caps.ts): `html`, `text`, `headers`, `parts`. */
  cut: string[];
}

export interface InboundFile {
  filename: string;
  contentType: string;
  /** Bytes; null where the provider does not say. */
  size: number | null;
  /** Without angle brackets. */
  contentId: string | null;
  /**
   * Where its bytes are: an object of the archive, a URL of the provider, or the n-th file of the archived
   * MIME.
   */
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
