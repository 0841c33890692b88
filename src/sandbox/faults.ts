import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

const times = z.int().positive().optional();

/** Faults to come. `times`: for so many requests or posts, then all is well again; without it until it is cleared. */
export const Faults = z.strictObject({
  /** What an attachment URL answers. `hang`: nothing, ever; `cut`: half the bytes, then the connection breaks. */
  attachments: z
    .strictObject({
      answer: z.union([z.literal(404), z.literal(500), z.literal('hang'), z.literal('cut')]),
      times,
    })
    .nullish(),
  /** `double`: each post is made twice at once. `reorder`: so many posts are held, then sent last first, one by one. */
  posts: z
    .strictObject({
      double: z.boolean().optional(),
      delay_ms: z.int().nonnegative().optional(),
      reorder: z.int().min(2).optional(),
      times,
    })
    .nullish(),
});
export type Faults = z.infer<typeof Faults>;
export type AttachmentFault = NonNullable<Faults['attachments']>['answer'];
type PostFault = NonNullable<Faults['posts']>;

/** Hands out a fault as often as it was asked for. */
class Countdown<T extends { times?: number | undefined }> {
  #fault: T | null = null;
  #left = 0;

  set(fault: T | null): void {
    this.#fault = fault;
    this.#left = fault?.times ?? Infinity;
  }
  take(): T | null {
    if (this.#left <= 0) return null;
    this.#left -= 1;
    return this.#fault;
  }
}

export class PostFaults extends Countdown<PostFault> {
  readonly #signal: AbortSignal;
  #held: (() => Promise<void>)[] = [];

  constructor(signal: AbortSignal) {
    super();
    this.#signal = signal;
  }

  /** Clearing also sends what was held. */
  override set(fault: PostFault | null): void {
    super.set(fault);
    if (!fault?.reorder) void this.#release();
  }

  /** Makes the first try of a post as the fault wants it; resolves after it. */
  async apply(fault: PostFault, firstTry: () => Promise<void>): Promise<void> {
    if (fault.delay_ms) await sleep(fault.delay_ms, null, { signal: this.#signal }).catch(() => {});
    if (!fault.reorder) return firstTry();
    return new Promise((resolve) => {
      this.#held.push(() => firstTry().then(resolve));
      if (this.#held.length >= fault.reorder!) void this.#release();
    });
  }

  async #release(): Promise<void> {
    for (const firstTry of this.#held.splice(0).reverse()) await firstTry();
  }
}

/** The faults in force. Setting one kind leaves the other as it is; null clears it. */
export class FaultSwitch {
  readonly posts: PostFaults;
  readonly attachments = new Countdown<NonNullable<Faults['attachments']>>();

  constructor(signal: AbortSignal) {
    this.posts = new PostFaults(signal);
  }
  set(faults: Faults): void {
    if (faults.attachments !== undefined) this.attachments.set(faults.attachments);
    if (faults.posts !== undefined) this.posts.set(faults.posts);
  }
  clear(): void {
    this.set({ attachments: null, posts: null });
  }
}
