import type { Logger } from 'pino';
import { NotStoredError, type Storage } from '../infra/storage/storage.ts';
import { faultOf } from '../lib/faultOf.ts';
import { arrivalOf } from '../infra/archive/keys.ts';
import { FairQueue } from '../lib/fairQueue.ts';

/** Says that a durable object is not processed yet. */
export interface Mark {
  provider: string;
  /** Last part of its key; sorts by arrival (infra/archive/keys.ts). */
  id: string;
}

/**
 * Does what a mark stands for. It is called until it returns true, so each step must be idempotent and safe
 * to run concurrently in another process. @returns false when something is left, or how long it must wait for
 * its turn (ms). @throws anything; it is retried without end.
 */
export type MarkTask = (guarded: GuardedCall) => Promise<boolean | { afterMs: number }>;

/**
 * Wraps each call to an engine (Temporal, MongoDB) in a circuit breaker: after a failed call there is a pause
 * for all.
 */
export type GuardedCall = <T>(call: () => Promise<T>) => Promise<T>;

export interface MarkWorkDeps {
  providers: Iterable<string>;
  /** Storage prefix of a provider's marks. */
  folder: (provider: string) => string;
  /** The task of a mark that another process left. */
  taskOf: (mark: Mark) => MarkTask;
  storage: Storage;
  log: Logger;
}

const AT_ONCE = 8;
/** Marks held in memory; the others stay in the store. */
const MAX_KNOWN = 10_000;
/** Those among them that wait for their turn. Further ones do not wait: they must not keep out other marks. */
const MAX_HELD = 5_000;
const SWEEP_MS = 30_000;
/** The process that wrote a younger mark is still processing it. */
const LEFT_BEHIND_MS = 30_000;
const LONGEST_WAIT_MS = 30_000;
/**
 * A mark is written a moment before its object: only after this many tries (8 s) the object counts as gone.
 */
const TRIES_FOR_OBJECT = 6;

interface WaitingMark {
  mark: Mark;
  /** Marks of different groups take turns. */
  group: string;
  task: MarkTask;
  tries: number;
}

/** Processes marks of one kind: does what each stands for, then removes it. */
export class MarkWork {
  readonly #deps: MarkWorkDeps;
  /** Ids of marks that wait or are under way. */
  readonly #known = new Set<string>();
  readonly #waiting = new FairQueue<WaitingMark>();
  readonly #working = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Marks that wait for their turn. */
  #held = 0;
  #isClosed = false;
  #isPaused = false;
  /** Guarded calls that failed since the last successful one. After a failure one task at a time runs. */
  #failures = 0;
  #sweep: Promise<void> | null = null;

  constructor(deps: MarkWorkDeps) {
    this.#deps = deps;
  }

  /**
   * Runs the task in the background, and then removes the mark. Never throws.
   * @param group takes turns with other groups, however many marks it has
   */
  add({ provider, id }: Mark, task: MarkTask, group = ''): void {
    if (this.#isClosed || this.#known.has(id) || this.#known.size >= MAX_KNOWN) return;
    this.#known.add(id);
    this.#waiting.push(group, { mark: { provider, id }, group, task, tries: 0 });
    this.#startTasks();
  }

  /** Adds the marks that other processes left, now and every 30 s. */
  takeUpMarks(): void {
    this.#sweep = this.#addLeftBehind()
      .catch((error: unknown) => {
        this.#deps.log.warn({ error: faultOf(error) }, 'marks could not be listed; trying again');
      })
      .then(() => this.#after(SWEEP_MS, () => this.takeUpMarks()));
  }

  /** Resolves when the tasks under way have ended; the marks keep the rest. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#sweep;
    await Promise.all(this.#working);
  }

  /**
   * Age in seconds of the oldest mark of any process; 0 = there is none.
   * @throws anything when storage is away
   */
  async oldestAge(): Promise<number> {
    const { providers, folder, storage } = this.#deps;
    let oldest = 0;
    for (const provider of providers) {
      for await (const key of storage.list(folder(provider))) {
        const ageMs = Date.now() - arrivalOf(key.slice(key.lastIndexOf('/') + 1)).getTime();
        if (Number.isNaN(ageMs)) continue;
        oldest = Math.max(oldest, ageMs / 1000);
        // Ids sort by time.
        break;
      }
    }
    return oldest;
  }

  async #addLeftBehind(): Promise<void> {
    const { providers, folder, storage, taskOf } = this.#deps;
    for (const provider of providers) {
      for await (const key of storage.list(folder(provider))) {
        const id = key.slice(key.lastIndexOf('/') + 1);
        const ageMs = Date.now() - arrivalOf(id).getTime();
        // Not a mark: a file of a person or of a file system.
        if (Number.isNaN(ageMs)) continue;
        // Ids sort by time: all further ones are younger.
        if (ageMs < LEFT_BEHIND_MS || this.#isClosed || this.#known.size >= MAX_KNOWN) break;
        this.add({ provider, id }, taskOf({ provider, id }));
      }
    }
  }

  #startTasks(): void {
    const atOnce = this.#failures > 0 ? 1 : AT_ONCE;
    while (!this.#isClosed && !this.#isPaused && this.#working.size < atOnce) {
      const next = this.#waiting.shift();
      if (!next) return;
      const working = this.#process(next).finally(() => {
        this.#working.delete(working);
        this.#startTasks();
      });
      this.#working.add(working);
    }
  }

  async #process(waiting: WaitingMark): Promise<void> {
    const { provider, id } = waiting.mark;
    const { storage, folder, log } = this.#deps;
    try {
      const finished = await this.#isFinished(waiting);
      if (typeof finished === 'object') return this.#hold(waiting, finished.afterMs);
      if (!finished) return this.#retryLater(waiting);
      await storage.delete(folder(provider) + id, { keepFolder: true });
      this.#known.delete(id);
    } catch (error) {
      log.warn(
        { provider, post: id, tries: waiting.tries, error: faultOf(error) },
        'a post could not be processed yet; trying again',
      );
      this.#retryLater(waiting);
    }
  }

  async #isFinished({ mark, task, tries }: WaitingMark): ReturnType<MarkTask> {
    try {
      return await task(this.#guardedCall);
    } catch (error) {
      if (!(error instanceof NotStoredError) || tries + 1 < TRIES_FOR_OBJECT) throw error;
      this.#deps.log.error({ post: mark.id }, 'the payload of a marked post is gone; the mark is removed');
      return true;
    }
  }

  readonly #guardedCall: GuardedCall = async (call) => {
    try {
      const result = await call();
      this.#failures = 0;
      return result;
    } catch (error) {
      this.#pause();
      throw error;
    }
  };

  /** The engine is away: no task starts for a while. */
  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#after(waitMs(this.#failures++), () => {
      this.#isPaused = false;
      this.#startTasks();
    });
  }

  #retryLater(waiting: WaitingMark): void {
    this.#after(waitMs(waiting.tries++), () => this.#wait(waiting));
  }

  /** The mark stays where it is: should this process end, another one takes it up. */
  #hold(waiting: WaitingMark, ms: number): void {
    if (this.#held === 0) this.#deps.log.info({ ms }, 'posts come in too fast; some wait for their turn');
    this.#held += 1;
    this.#after(this.#held > MAX_HELD ? 0 : ms, () => {
      this.#held -= 1;
      this.#wait(waiting);
    });
  }

  #wait(waiting: WaitingMark): void {
    this.#waiting.push(waiting.group, waiting);
    this.#startTasks();
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

/** A quarter of a second, doubled with each try. */
const waitMs = (tries: number): number => Math.min(250 * 2 ** tries, LONGEST_WAIT_MS);
