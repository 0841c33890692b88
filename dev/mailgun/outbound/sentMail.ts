/** An event of one mail and one recipient. */
export interface SentEvent {
  /** 22 characters: base64url. */
  id: string;
  kind: 'accepted' | 'delivered' | 'failed' | 'complained';
  /** Milliseconds since 1970. May be in the future: deliveries are planned when the mail is accepted. */
  at: number;
  recipient: string;
  /** For `failed` only. */
  severity?: 'temporary' | 'permanent';
  reason?: 'generic' | 'bounce' | 'suppress-bounce';
  /** `delivery-status`, as Mailgun writes it. */
  status?: Record<string, unknown>;
}

/** An accepted mail, with its events. */
export interface SentMail {
  /** Key of its stored copy. */
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
  /** Sender of the envelope. */
  sender: string;
  recipients: string[];
  /** Size of the delivered mail in bytes. */
  size: number;
  tags: string[];
  variables: Record<string, string>;
  /** `o:testmode`: accepted, but not delivered. */
  isTest: boolean;
  /** For each recipient in order of time. */
  events: SentEvent[];
}
