import type { SendFault } from './sendFaults.ts';

/** What happens after a mail was accepted; can be changed while the local Mailgun runs. */
export interface LocalMailgunSettings {
  /** Between what happened to a sent mail and when it can be read or is posted, in milliseconds. */
  eventsDelayMs: number;
  /** Between the steps of a delivery that takes several (`slow@…`, `complain@…`), in milliseconds. */
  stepMs: number;
  /** More sends than this in a second are answered 429; null = no limit. */
  sendsPerSecond: number | null;
  /** More verify calls than this in a minute, of all domains together, are answered 429; null = no limit. */
  verifiesPerMinute: number | null;
  /** Domains that belong to another account: they cannot be added. */
  takenDomains: string[];
}

/** One call of `…/messages` or `…/messages.mime`, and what came of it. */
export interface SendCall {
  /** ISO 8601, UTC. */
  at: string;
  path: 'messages' | 'messages.mime';
  /** Sending domain, from the URL. */
  domain: string;
  /** With angle brackets; null where the call had none of its own, and was not accepted. */
  messageId: string | null;
  /** Every envelope recipient, each once. */
  recipients: string[];
  subject: string | null;
  /** True = the mail goes out, whatever was answered. */
  accepted: boolean;
  /** Status, or how the connection ended. */
  answer: number | 'drop' | 'hang';
  /** The text that was answered, if there was any. */
  message: string | null;
  /** The fault that the call met. */
  fault: SendFault['answer'] | null;
  /** Its `o:` fields, as `o:tracking`: each with all its values. */
  options: Record<string, string[]>;
  /** Its `v:` fields, without the prefix. */
  variables: Record<string, string>;
}

/** A mail as one recipient has it. */
export interface OutboxMail {
  id: string;
  recipient: string;
  rawUrl: string;
  /** With angle brackets. */
  messageId: string;
  subject: string;
  /** ISO 8601, UTC: when it was delivered. */
  at: string;
  /** Local path of the raw mail, as delivered. */
  emlFile: string;
  envelope: { sender: string; recipients: string[] };
}

/** What one try of posting an event is about. */
export interface PostedEvent {
  event: 'accepted' | 'delivered' | 'failed' | 'complained';
  /** Of the event. */
  id: string;
  recipient: string;
  /** With angle brackets. */
  messageId: string;
  token: string;
}
