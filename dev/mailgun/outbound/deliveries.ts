import type { SentMail } from './sentMail.ts';
import type { EventOfMail } from './sentMails.ts';

/** Longest that a timer can wait (ms). */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Tells of each delivery when it happens: at once, or after the steps that a slow one takes. */
export class Deliveries {
  readonly #onDelivered: (of: EventOfMail) => void;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(onDelivered: (of: EventOfMail) => void) {
    this.#onDelivered = onDelivered;
  }

  /** @param after only deliveries after this time (ms since 1970): what was told before a restart is not told again. */
  add(mail: SentMail, after = 0): void {
    for (const event of mail.events)
      if (event.kind === 'delivered' && event.at > after) this.#tell({ mail, event });
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #tell(of: EventOfMail): void {
    const wait = Math.min(of.event.at - Date.now(), MAX_TIMER_MS);
    if (wait <= 0) return this.#onDelivered(of);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#onDelivered(of);
    }, wait);
    this.#timers.add(timer);
  }
}
