import type { Logger } from 'pino';
import { backOffMs, withJitter } from './backOff.ts';
import { EngineAway } from './breaker.ts';
import { FairQueue } from './fairQueue.ts';
import { faultOf } from './faultOf.ts';

/**
 * - `true`: done, and the store does not have it as waiting any more.
 * - `false`: something that it needs is not there yet.
 * - `afterMs`: it must wait so long for its turn.
 */
export type Worked = boolean | { afterMs: number };

/**
 * Wishes that are kept in a store (a mark, or a row with `wants_start`) until they are carried out: that a
 * workflow is started, or a posted event is written.
 */
export interface OutboxOptions<Wish> {
  /** For the log. */
  name: string;
  /** Names a wish: it is known only once. */
  keyOf: (wish: Wish) => string;
  /** Wishes of different groups take turns, however many one group has. */
  groupOf?: (wish: Wish) => string;
  /** What waits in the store, of any process, the oldest first. */
  waiting: () => AsyncIterable<Wish>;
  /**
   * Carries a wish out, and takes it out of the store. It is called until it returns true, so each step must be
   * idempotent and safe to run concurrently in another process. Calls of an engine go through its breaker.
   * @param tries how often it was called before
   * @throws anything; it is tried again
   */
  work: (wish: Wish, tries: number) => Promise<Worked>;
  log: Pick<Logger, 'info' | 'warn'>;
  /** How often the store is looked through. */
  sweepMs?: number;
}

const AT_ONCE = 8;
/** Wishes held in memory; the others stay in the store until a later sweep. */
const MAX_KNOWN = 10_000;
/** Those among them that wait for their turn. Further ones do not wait: they must not keep out others. */
const MAX_HELD = 5_000;
const SWEEP_MS = 30_000;
/** The longest wait after something failed: so soon after an engine is back all goes on (ms). */
const LONGEST_WAIT_MS = 5_000;
/** The longest wait for something that is not there yet (ms). */
const LONGEST_LACK_MS = 30_000;

interface Item<Wish> {
  wish: Wish;
  key: string;
  tries: number;
  isWorking: boolean;
  /** It was added again while it was carried out, which may have read an older row. */
  isWantedAgain: boolean;
}

/** Works off the wishes of one kind, a bounded number at one time. Safe to run in several processes. */
export class Outbox<Wish> {
  readonly #options: OutboxOptions<Wish>;
  /** What is held in memory, by key. */
  readonly #known = new Map<string, Item<Wish>>();
  readonly #queue = new FairQueue<Item<Wish>>();
  readonly #working = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #held = 0;
  #sweep: Promise<void> | null = null;
  #failedSweeps = 0;
  #isClosed = false;

  constructor(options: OutboxOptions<Wish>) {
    this.#options = options;
  }

  /** Carries the wish out in the background. Never throws. */
  add(wish: Wish): void {
    const known = this.#known.get(this.#options.keyOf(wish));
    if (known) known.isWantedAgain = known.isWorking;
    else this.#addNew(wish);
  }

  /** Adds what any process has left in the store, now and again and again. */
  takeUp(): void {
    if (!this.#isClosed) this.#sweep = this.#addWaiting();
  }

  /** Resolves when the work under way has ended; the store keeps the rest. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#sweep;
    await Promise.all(this.#working);
  }

  #addNew(wish: Wish): void {
    const key = this.#options.keyOf(wish);
    if (this.#isClosed || this.#known.has(key) || this.#known.size >= MAX_KNOWN) return;
    const item = { wish, key, tries: 0, isWorking: false, isWantedAgain: false };
    this.#known.set(key, item);
    this.#enqueue(item);
  }

  async #addWaiting(): Promise<void> {
    const { name, waiting, log, sweepMs = SWEEP_MS } = this.#options;
    try {
      for await (const wish of waiting()) {
        if (this.#isClosed || this.#known.size >= MAX_KNOWN) break;
        this.#addNew(wish);
      }
      this.#failedSweeps = 0;
    } catch (error) {
      this.#failedSweeps += 1;
      log.warn({ outbox: name, error: faultOf(error) }, 'what waits could not be listed; trying again');
    }
    const ms = this.#failedSweeps > 0 ? backOffMs(this.#failedSweeps, sweepMs) : withJitter(sweepMs);
    this.#after(ms, () => this.takeUp());
  }

  #enqueue(item: Item<Wish>): void {
    this.#queue.push(this.#options.groupOf?.(item.wish) ?? '', item);
    this.#startWork();
  }

  #startWork(): void {
    while (!this.#isClosed && this.#working.size < AT_ONCE) {
      const item = this.#queue.shift();
      if (!item) return;
      const working = this.#carryOut(item).finally(() => {
        this.#working.delete(working);
        this.#startWork();
      });
      this.#working.add(working);
    }
  }

  async #carryOut(item: Item<Wish>): Promise<void> {
    const { name, work, log } = this.#options;
    const { wish, key, tries } = item;
    try {
      item.isWorking = true;
      const worked = await work(wish, tries);
      if (worked === true) this.#finish(item);
      else if (worked === false) this.#retry(item, LONGEST_LACK_MS);
      else this.#hold(item, worked.afterMs);
    } catch (error) {
      if (!(error instanceof EngineAway) && isPowerOfTwo(tries + 1))
        log.warn(
          { outbox: name, key, tries, error: faultOf(error) },
          'it could not be done yet; trying again',
        );
      this.#retry(item, LONGEST_WAIT_MS);
    } finally {
      item.isWorking = false;
    }
  }

  #finish(item: Item<Wish>): void {
    this.#known.delete(item.key);
    if (item.isWantedAgain) this.#addNew(item.wish);
  }

  #retry(item: Item<Wish>, longestMs: number): void {
    item.tries += 1;
    item.isWantedAgain = false;
    this.#after(backOffMs(item.tries, longestMs), () => this.#enqueue(item));
  }

  /** The store keeps it: should this process end, another one takes it up. */
  #hold(item: Item<Wish>, ms: number): void {
    const { name, log } = this.#options;
    if (this.#held === 0) log.info({ outbox: name, ms }, 'they come too fast; some wait for their turn');
    this.#held += 1;
    this.#after(this.#held > MAX_HELD ? 0 : ms, () => {
      this.#held -= 1;
      this.#enqueue(item);
    });
  }

  #after(ms: number, act: () => void): void {
    if (this.#isClosed) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }
}

/** So that what is tried for hours does not fill the log. */
const isPowerOfTwo = (count: number): boolean => (count & (count - 1)) === 0;
