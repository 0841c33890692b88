import { Readable } from 'node:stream';
import type { Body } from '../body.ts';
import type { FaultSwitch } from '../faults.ts';
import { post, type PosterOptions } from '../posts.ts';
import { sign } from '../signature.ts';
import { eventJson } from './eventJson.ts';
import type { SentMail } from './sentMail.ts';
import type { EventOfMail } from './sentMails.ts';
import type { PostedEvent, LocalMailgunSettings } from './types.ts';

/** Waits between tries of an event's post (Mailgun, "Webhook retries"). `delivered` is not tried again. */
const RETRY_AFTER_MINUTES = [5, 10, 15, 60, 120, 240];
/** The longest delay of a timer (ms). */
const MAX_TIMER_MS = 2 ** 31 - 1;

export interface EventPostsOptions {
  /** The URLs to which an event is posted. */
  postTo: (of: EventOfMail) => URL[];
  signingKey: string;
  /** Base URL of the stored messages. */
  url(): string;
  settings: LocalMailgunSettings;
  faults: FaultSwitch;
  poster: PosterOptions<PostedEvent>;
}

/** Posts each event when it is due: after it happened, with the delay of the settings. */
export class EventPosts {
  readonly #options: EventPostsOptions;
  readonly #timers = new Map<EventOfMail, NodeJS.Timeout>();

  constructor(options: EventPostsOptions) {
    this.#options = options;
  }

  add(mail: SentMail): void {
    for (const event of mail.events) this.#schedule({ mail, event });
  }

  /** At a start: schedules the events that were not due when it stopped. */
  resume(mails: readonly SentMail[]): void {
    for (const mail of mails)
      for (const event of mail.events)
        if (this.#dueAt({ mail, event }) > Date.now()) this.#schedule({ mail, event });
  }

  /** Must be called after a change of the settings. */
  reschedule(): void {
    const waiting = [...this.#timers.keys()];
    this.stop();
    for (const of of waiting) this.#schedule(of);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #dueAt({ event }: EventOfMail): number {
    return event.at + this.#options.settings.eventsDelayMs;
  }

  #schedule(of: EventOfMail): void {
    const wait = Math.min(Math.max(0, this.#dueAt(of) - Date.now()), MAX_TIMER_MS);
    const due = () => {
      this.#timers.delete(of);
      this.#post(of);
    };
    this.#timers.set(of, setTimeout(due, wait));
  }

  #post(of: EventOfMail): void {
    const { faults, poster, signingKey, postTo } = this.#options;
    const { id, kind, recipient } = of.event;
    const fault = faults.eventPosts.next(({ only }) => !only || only.includes(kind));
    if (fault?.drop) return;
    const retryAfterMinutes = kind === 'delivered' ? [] : RETRY_AFTER_MINUTES;
    for (const url of postTo(of)) {
      const signature = sign(signingKey);
      const body = json({ signature, 'event-data': eventJson(of, this.#options.url()) });
      const about = { event: kind, id, recipient, messageId: of.mail.messageId, token: signature.token };
      post({ about, url, body, retryAfterMinutes }, poster, fault);
    }
  }
}

function json(value: object): Body {
  const bytes = Buffer.from(JSON.stringify(value));
  return { contentType: 'application/json', length: bytes.length, stream: () => Readable.from([bytes]) };
}
