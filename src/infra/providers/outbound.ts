/** A composed mail and its recipients, for one call to the provider. */
export interface OutgoingMail {
  /** Our id of the message; the provider's events return it. */
  id: string;
  /** Number of the attempt, from 1; the provider's events return it. */
  attempt: number;
  /** With angle brackets, as in the MIME. */
  messageId: string;
  /** The address in From; the provider signs for its domain. */
  from: string;
  /** Every envelope recipient: To, Cc and Bcc. */
  recipients: string[];
  /** Local path of the composed MIME, and its size in bytes. */
  mimeFile: string;
  size: number;
}

/**
 * The result of a call. `code` is for operators and never foreign text; `reason` is for the agent. `not sent`
 * and `refused` are certain; after `unclear` the mail may have been sent.
 */
export type SendResult =
  | { result: 'accepted' }
  /** A retry does not help. */
  | { result: 'refused'; code: string; reason: string }
  | { result: 'not sent'; code: string; reason: string; retryAfterMs: number | null }
  | { result: 'unclear'; code: string; reason: string };

/** A provider's event about the delivery of one mail to one recipient. */
export interface DeliveryEvent {
  /** Unique within a day (Mailgun promises no more). */
  id: string;
  kind: 'accepted' | 'delayed' | 'delivered' | 'failed' | 'complained';
  /** As the event has it, not normalised. */
  recipient: string;
  at: Date;
  /** For an agent; null if there is none. */
  reason: string | null;
  /** Our id of the message and the attempt, if the event has them. */
  message: { id: string; attempt: number } | null;
  /** With angle brackets. */
  messageId: string | null;
}

export type FoundEvents =
  | { readable: true; events: DeliveryEvent[] }
  /** The account may not read events, and a retry does not help. */
  | { readable: false; code: string };

/** Reads the delivery events that a provider posts; only this knows their form. */
export interface EventHook {
  /** Path below `/webhooks/<provider>/`. */
  readonly path: string;
  /** @param body parsed JSON. @returns null when the post is genuine, else the reason (shown with 401). */
  prove(body: unknown): string | null;
  /** The single-use token with which the post is signed, or null. */
  token(body: unknown): string | null;
  /** @returns null for an event that we do not use. Never throws. */
  parse(body: unknown): DeliveryEvent | null;
}

/** Sends mail through a provider. Code outside providers/ names no provider. */
export interface OutboundProvider {
  readonly name: string;
  /** Never throws: errors are results too. Ends within the configured `timeoutMs`. */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<SendResult>;
  /** The events of the mail with this Message-Id. @throws temporary errors (network, 5xx, 429). */
  findEvents(mail: { messageId: string; from: string; since: Date }): Promise<FoundEvents>;
  readonly events: EventHook;
}
