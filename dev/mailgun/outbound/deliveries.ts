import type { SentMail } from './sentMail.ts';
import type { EventOfMail } from './sentMails.ts';

/** The longest delay of a timer (ms). */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Reports each delivery when it happens: at once, or after the steps of a slow delivery. */
export class Deliveries {
  readonly #onDelivered: (of: EventOfMail) => void;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(onDelivered: (of: EventOfMail) => void) {
    this.#onDelivered = onDelivered;
  }

  /** @param after only later deliveries (ms since 1970): those before a restart were reported already */
  add(mail: SentMail, after = 0): void {
    for (const event of mail.events)
      if (event.kind === 'delivered' && event.at > after) this.#report({ mail, event });
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
  }

  #report(of: EventOfMail): void {
    const wait = Math.min(of.event.at - Date.now(), MAX_TIMER_MS);
    if (wait <= 0) return this.#onDelivered(of);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#onDelivered(of);
    }, wait);
    this.#timers.add(timer);
  }
}
