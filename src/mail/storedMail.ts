import type { Address } from './addresses.ts';
import type { DeliveryReport, InboundFile, Verdicts } from './inboundEmail.ts';

/** The neutral record (inboundEmail.ts), HTML sanitised and text made where the mail has none. */
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
  /** Content-Ids (no brackets) that the HTML shows. */
  shown_cids: string[];
  files: InboundFile[];
  verdicts: Verdicts;
  /** Null, or missing in rows written before it was read: no delivery report. */
  report?: DeliveryReport | null;
  cut: string[];
}
