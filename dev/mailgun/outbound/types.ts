import type { SendFault } from './sendFaults.ts';

/** Delays and limits, which can be changed while the local Mailgun runs. */
export interface LocalMailgunSettings {
  /** How late an event is posted and can be read, in milliseconds. */
  eventsDelayMs: number;
  /** Time between the steps of a delivery with several (`slow@…`, `complain@…`), in milliseconds. */
  stepMs: number;
  /** Sends above this number in a second are answered 429; null: no limit. */
  sendsPerSecond: number | null;
  /**
   * Verify calls above this number in a minute, for all domains together, are answered 429; null: no limit.
   */
  verifiesPerMinute: number | null;
  /** Domains of another account, which cannot be added. */
  takenDomains: string[];
}

/** One call of `…/messages` or `…/messages.mime`, with its result. */
export interface SendCall {
  /** ISO 8601, UTC. */
  at: string;
  path: 'messages' | 'messages.mime';
  /** Sending domain, from the URL. */
  domain: string;
  /** With angle brackets; null when the call named none and was not accepted. */
  messageId: string | null;
  /** Recipients of the envelope, without repeats. */
  recipients: string[];
  subject: string | null;
  /** True: the mail was accepted, even if the answer was an error. */
  accepted: boolean;
  /** Status of the answer, or what happened instead of one. */
  answer: number | 'drop' | 'hang';
  /** Text of the answer; null when there was none. */
  message: string | null;
  /** The fault that applied to the call. */
  fault: SendFault['answer'] | null;
  /** Its `o:` fields, such as `o:tracking`, each with all its values. */
  options: Record<string, string[]>;
  /** Its `v:` fields, without the prefix. */
  variables: Record<string, string>;
}

/** A mail as it was delivered to one recipient. */
export interface OutboxMail {
  id: string;
  recipient: string;
  rawUrl: string;
  /** With angle brackets. */
  messageId: string;
  subject: string;
  /** When it was delivered: ISO 8601, UTC. */
  at: string;
  /** Path of the raw mail, as delivered. */
  emlFile: string;
  envelope: { sender: string; recipients: string[] };
}

/** The event that a post carries. */
export interface PostedEvent {
  event: 'accepted' | 'delivered' | 'failed' | 'complained';
  /** Id of the event. */
  id: string;
  recipient: string;
  /** With angle brackets. */
  messageId: string;
  token: string;
}
