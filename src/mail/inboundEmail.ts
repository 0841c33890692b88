import type { Address } from './addresses.ts';

/** A parsed mail, in the same form for all providers and for all forms in which they post mail. */
export interface InboundEmail {
  envelopeFrom: string | null;
  /** All header fields in their order, values unfolded and decoded. */
  headers: [name: string, value: string][];
  /** With angle brackets; null if it is missing or does not have the form `<x@y>`. */
  messageId: string | null;
  /** Ids of the form `<x@y>`, in the order written. */
  inReplyTo: string[];
  /** Oldest first, as written. */
  references: string[];
  from: Address | null;
  replyTo: Address[];
  to: Address[];
  cc: Address[];
  subject: string;
  /** From the Date header; null if it is missing or unreadable. */
  date: Date | null;
  /** Plain text as sent; null if the mail has none. */
  text: string | null;
  /** HTML as sent, not sanitised; null if the mail has none. */
  html: string | null;
  files: InboundFile[];
  verdicts: Verdicts;
  /** What a bounce or another delivery report says (mail/bounce.ts); null for all other mail. */
  report: DeliveryReport | null;
  /** Parts that were cut because they exceeded a cap (caps.ts): `html`, `text`, `headers`, `parts`. */
  cut: string[];
}

export interface InboundFile {
  filename: string;
  contentType: string;
  /** Bytes; null if the provider does not say. */
  size: number | null;
  /** Without angle brackets. */
  contentId: string | null;
  /**
   * Where the bytes are: in an object of the archive, at a URL of the provider, or the n-th file of the
   * archived MIME.
   */
  source: { object: string } | { url: string } | { part: number };
}

/** A mail server's report about the delivery of a mail (RFC 3464, or in the form of older servers). */
export interface DeliveryReport {
  /** The rule by which the report was recognised. */
  rule: string;
  /** Message-Id of the mail that the report is about, with angle brackets. */
  originalMessageId: string | null;
  /** The outcome, for a report that names no recipient. */
  action: ReportedAction;
  recipients: {
    /**
     * Normalised: the address to which the mail was sent, if the report has it, then the one that the server
     * tried.
     */
    addresses: string[];
    action: ReportedAction;
    /** RFC 3463: `5.1.1`. */
    status: string | null;
    /** One line of the server's answer. */
    diagnostic: string | null;
  }[];
}
export type ReportedAction = 'failed' | 'delayed' | 'delivered';

export type Verdict = 'pass' | 'fail' | 'neutral' | 'unknown';
export interface Verdicts {
  spf: Verdict;
  dkim: Verdict;
  /** Of the domain in From (RFC 7489). Missing: the provider does not say. */
  dmarc?: Verdict;
  /**
   * Domains that passed. Missing: the provider does not name them, so SPF was about the envelope sender, and DKIM
   * about one of the mail's signatures.
   */
  passed?: { spf: string[]; dkim: string[] };
  spam: Verdict;
  spamScore: number | null;
}
