/** One call to a provider: a composed mail, and whom it is for. */
export interface OutgoingMail {
  /** Our id of the message; comes back with its events. */
  id: string;
  /** From 1; comes back with its events. */
  attempt: number;
  /** With angle brackets, as in the MIME. */
  messageId: string;
  /** Address in From: its domain is the one that the provider signs for. */
  from: string;
  /** Every envelope recipient: To, Cc and Bcc. */
  recipients: string[];
  /** Local path of the composed MIME, and its size in bytes. */
  mimeFile: string;
  size: number;
}

/**
 * What a call came to. `code` is a class or number for operators, no foreign text; `reason` is for the agent.
 * `not sent` and `refused` are certain; after `unclear` the mail may be on its way.
 */
export type SendResult =
  | { result: 'accepted' }
  /** Trying again gives the same. */
  | { result: 'refused'; code: string; reason: string }
  | { result: 'not sent'; code: string; reason: string; retryAfterMs: number | null }
  | { result: 'unclear'; code: string; reason: string };

/** What a provider tells of one recipient of one mail. */
export interface DeliveryEvent {
  /** Unique with its day (Mailgun: "unique only within a day"). */
  id: string;
  kind: 'accepted' | 'delayed' | 'delivered' | 'failed' | 'complained';
  /** As told. */
  recipient: string;
  at: Date;
  /** In words for an agent; null where there is none. */
  reason: string | null;
  /** Our id of the message and the attempt, where the event carries them. */
  message: { id: string; attempt: number } | null;
  /** With angle brackets. */
  messageId: string | null;
}

export type FoundEvents =
  | { readable: true; events: DeliveryEvent[] }
  /** The account may not read events: trying again gives the same. */
  | { readable: false; code: string };

/** Events that a provider posts. Everything about their form is behind this. */
export interface EventHook {
  /** Path below `/webhooks/<provider>/`. */
  readonly path: string;
  /** @param body parsed JSON. @returns null when proved, else why not (shown with 401). */
  prove(body: unknown): string | null;
  /** @returns null when it is an event that we have no use for. Never throws. */
  parse(body: unknown): DeliveryEvent | null;
}

/** A mail provider's way out. Nothing upstream names a provider. */
export interface OutboundProvider {
  readonly name: string;
  /** Never throws: whatever happens is a result. Ends before `timeoutMs` of its configuration. */
  send(mail: OutgoingMail, signal: AbortSignal): Promise<SendResult>;
  /** Events of the mail with this Message-Id. @throws anything that may pass (network, 5xx, 429). */
  findEvents(mail: { messageId: string; from: string; since: Date }): Promise<FoundEvents>;
  readonly events: EventHook;
}
