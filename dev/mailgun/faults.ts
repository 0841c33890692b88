import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { Countdown } from './countdown.ts';
import { SendFault, SendFaults } from './outbound/sendFaults.ts';
import { SetupFault, SetupFaults } from './setup/setupFaults.ts';

const times = z.int().positive().optional();

const PostFault = z.strictObject({
  double: z.boolean().optional(),
  delay_ms: z.int().nonnegative().optional(),
  reorder: z.int().min(2).optional(),
  times,
});

/** Faults to come. `times`: for this many requests or posts; by default until the fault is cleared. */
export const Faults = z.strictObject({
  /**
   * The answer of an attachment URL. `hang`: none; `cut`: half of the bytes, then the connection is closed.
   */
  attachments: z
    .strictObject({
      answer: z.union([z.literal(404), z.literal(500), z.literal('hang'), z.literal('cut')]),
      times,
    })
    .nullish(),
  /**
   * `double`: each post is made twice concurrently. `reorder`: this many posts wait, then are sent in reverse
   * order.
   */
  posts: PostFault.nullish(),
  /** Faults of sending (sendFaults.ts); a list may mix several. */
  sends: z.union([SendFault, z.array(SendFault)]).nullish(),
  /**
   * Faults of set-up calls: domains, DKIM keys, routes, webhooks (setupFaults.ts); a list may mix several.
   */
  domains: z.union([SetupFault, z.array(SetupFault)]).nullish(),
  /** The answer when events are read: `GET …/events` and `POST /v1/analytics/logs`. */
  events: z
    .strictObject({
      answer: z.union([z.literal([401, 403, 429, 500]), z.literal('hang'), z.literal('empty')]),
      times,
    })
    .nullish(),
  /** As `posts`, for events. `drop`: they are not posted, but can be read. `only`: events of these kinds. */
  event_posts: PostFault.extend({
    drop: z.boolean().optional(),
    only: z.array(z.enum(['accepted', 'delivered', 'failed', 'complained'])).optional(),
  }).nullish(),
});
export type Faults = z.infer<typeof Faults>;
export type AttachmentFault = NonNullable<Faults['attachments']>['answer'];
export type PostFault = z.infer<typeof PostFault>;
type EventPostFault = NonNullable<Faults['event_posts']>;

export class PostFaults<T extends PostFault = PostFault> extends Countdown<T> {
  readonly #signal: AbortSignal;
  #waiting: (() => Promise<void>)[] = [];

  constructor(signal: AbortSignal) {
    super();
    this.#signal = signal;
  }

  /** Clearing the fault also sends the posts that wait. */
  override set(fault: T | null): void {
    super.set(fault);
    if (!fault?.reorder) void this.#release();
  }

  /** Makes the first try of a post as the fault says; resolves after that try. */
  async apply(fault: PostFault, firstTry: () => Promise<void>): Promise<void> {
    if (fault.delay_ms) await sleep(fault.delay_ms, null, { signal: this.#signal }).catch(() => {});
    if (!fault.reorder) return firstTry();
    return new Promise((resolve) => {
      this.#waiting.push(() => firstTry().then(resolve));
      if (this.#waiting.length >= fault.reorder!) void this.#release();
    });
  }

  async #release(): Promise<void> {
    for (const firstTry of this.#waiting.splice(0).reverse()) await firstTry();
  }
}

/** The faults in force. Setting one kind does not change the others; null clears it. */
export class FaultSwitch {
  readonly posts: PostFaults;
  readonly attachments = new Countdown<NonNullable<Faults['attachments']>>();
  readonly sends = new SendFaults();
  readonly domains = new SetupFaults();
  readonly events = new Countdown<NonNullable<Faults['events']>>();
  readonly eventPosts: PostFaults<EventPostFault>;

  constructor(signal: AbortSignal) {
    this.posts = new PostFaults(signal);
    this.eventPosts = new PostFaults(signal);
  }
  set(faults: Faults): void {
    if (faults.attachments !== undefined) this.attachments.set(faults.attachments);
    if (faults.posts !== undefined) this.posts.set(faults.posts);
    if (faults.sends !== undefined) this.sends.set(faults.sends);
    if (faults.domains !== undefined) this.domains.set(faults.domains);
    if (faults.events !== undefined) this.events.set(faults.events);
    if (faults.event_posts !== undefined) this.eventPosts.set(faults.event_posts);
  }
  clear(): void {
    this.set({ attachments: null, posts: null, sends: null, domains: null, events: null, event_posts: null });
  }
}
