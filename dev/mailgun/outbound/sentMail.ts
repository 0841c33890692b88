/** What Mailgun tells of one recipient of one mail. */
export interface SentEvent {
  /** 22 characters: base64url. */
  id: string;
  kind: 'accepted' | 'delivered' | 'failed' | 'complained';
  /** Milliseconds since 1970; may be in the future: a delivery is planned when the mail is accepted. */
  at: number;
  recipient: string;
  /** Of `failed`. */
  severity?: 'temporary' | 'permanent';
  reason?: 'generic' | 'bounce' | 'suppress-bounce';
  /** `delivery-status`, as Mailgun writes it. */
  status?: Record<string, unknown>;
}

/** A mail that was accepted, and what becomes of it. */
export interface SentMail {
  /** Of its stored copy. */
  key: string;
  /** Milliseconds since 1970. */
  at: number;
  /** Sending domain. */
  domain: string;
  /** With angle brackets. */
  messageId: string;
  from: string;
  to: string;
  subject: string;
  /** Of the envelope. */
  sender: string;
  recipients: string[];
  /** Bytes, as delivered. */
  size: number;
  tags: string[];
  variables: Record<string, string>;
  /** `o:testmode`: accepted, and not delivered. */
  isTest: boolean;
  /** In order of time for each recipient. */
  events: SentEvent[];
}
