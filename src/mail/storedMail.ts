import type { Address } from './addresses.ts';
import type { DeliveryReport, InboundFile, Verdicts } from './inboundEmail.ts';

/**
 * A parsed mail as it is stored: like `InboundEmail`, but with sanitised HTML, and text made of it if the
 * mail has none.
 */
export interface StoredMail {
  envelope_from: string | null;
  headers: [string, string][];
  message_id: string | null;
  in_reply_to: string[];
  references: string[];
  from: Address | null;
  reply_to: Address[];
  to: Address[];
  cc: Address[];
  subject: string;
  date: Date | null;
  text: string;
  html: string | null;
  /** Content-Ids (without angle brackets) of the files that the HTML shows. */
  shown_cids: string[];
  files: InboundFile[];
  /** What it is found by (searchWords.ts); missing in mail that was parsed before words were kept. */
  words?: string[];
  /** Of the links of ours that its text has (linkHashes.ts); missing: none. */
  link_hashes?: string[];
  verdicts: Verdicts;
  /** Null: the mail is no delivery report. */
  report: DeliveryReport | null;
  cut: string[];
}
