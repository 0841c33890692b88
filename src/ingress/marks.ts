import type { Logger } from 'pino';
import { NotStoredError, type Storage } from '../infra/storage/storage.ts';
import { faultOf } from '../lib/faultOf.ts';
import { arrivalOf } from '../infra/archive/keys.ts';

/** Says that there is something to do with a durable object. */
export interface Mark {
  provider: string;
  /** Last part of its key; sorts by arrival (keys.ts). */
  id: string;
}

/**
 * What is left to do for a mark; called again until it is done, any step perhaps for a second time, here or in another
 * process. @returns false when it is not done yet. @throws anything: it is tried again, without end.
 */
export type MarkTask = (knock: CallFarSide) => Promise<boolean>;

/** Goes around each call to the far side (Temporal, MongoDB): when that is away, nobody else calls it for a while. */
export type CallFarSide = <T>(call: () => Promise<T>) => Promise<T>;

export interface MarkWorkDeps {
  providers: Iterable<string>;
  /** Storage prefix of a provider's marks. */
  folder: (provider: string) => string;
  /** The job of a mark that another process left. */
  jobOf: (mark: Mark) => MarkTask;
  storage: Storage;
  log: Logger;
}

const AT_ONCE = 8;
/** Marks held in memory; the store keeps the others. */
const MAX_KNOWN = 10_000;
const SWEEP_MS = 30_000;
/** Younger marks are being worked off by the process that made them. */
const LEFT_BEHIND_MS = 30_000;
const LONGEST_WAIT_MS = 30_000;
/** A mark is made a moment before its object is in place: only after so many looks (8 s) that is gone. */
const LOOKS = 6;

interface Task {
  mark: Mark;
  job: MarkTask;
  tries: number;
}

/** Works off marks of one kind: does what each stands for, then removes it. */
export class MarkWork {
  readonly #deps: MarkWorkDeps;
  /** Ids of marks that wait or are under way. */
  readonly #known = new Set<string>();
  readonly #waiting: Task[] = [];
  readonly #working = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isClosed = false;
  #isPaused = false;
  /** Calls to the far side that failed since the last that did not. While there are any, one task at a time knocks. */
  #failures = 0;
  #sweep: Promise<void> | null = null;

  constructor(deps: MarkWorkDeps) {
    this.#deps = deps;
  }

  /** Does the job soon, and removes the mark then. Never throws. */
  add({ provider, id }: Mark, job: MarkTask): void {
    if (this.#isClosed || this.#known.has(id) || this.#known.size >= MAX_KNOWN) return;
    this.#known.add(id);
    this.#waiting.push({ mark: { provider, id }, job, tries: 0 });
    this.#work();
  }

  /** Takes up marks that others left, now and every 30 s. */
  takeUpMarks(): void {
    this.#sweep = this.#addLeftBehind()
      .catch((error: unknown) => {
        this.#deps.log.warn({ error: faultOf(error) }, 'marks could not be listed; trying again');
      })
      .then(() => this.#after(SWEEP_MS, () => this.takeUpMarks()));
  }

  /** Resolves when the steps under way have ended; marks keep the rest. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#sweep;
    await Promise.all(this.#working);
  }

  /** Age in seconds of the oldest mark, whoever made it; 0 = there is none. @throws anything when storage is away */
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
    const { providers, folder, storage, jobOf } = this.#deps;
    for (const provider of providers) {
      for await (const key of storage.list(folder(provider))) {
        const id = key.slice(key.lastIndexOf('/') + 1);
        const ageMs = Date.now() - arrivalOf(id).getTime();
        // Not a mark: a file that somebody, or a file system, put there.
        if (Number.isNaN(ageMs)) continue;
        // Ids sort by time: all further ones are younger.
        if (ageMs < LEFT_BEHIND_MS || this.#isClosed || this.#known.size >= MAX_KNOWN) break;
        this.add({ provider, id }, jobOf({ provider, id }));
      }
    }
  }

  #work(): void {
    const atOnce = this.#failures > 0 ? 1 : AT_ONCE;
    while (!this.#isClosed && !this.#isPaused && this.#working.size < atOnce) {
      const task = this.#waiting.shift();
      if (!task) return;
      const working = this.#workOff(task).finally(() => {
        this.#working.delete(working);
        this.#work();
      });
      this.#working.add(working);
    }
  }

  async #workOff(task: Task): Promise<void> {
    const { provider, id } = task.mark;
    const { storage, folder, log } = this.#deps;
    try {
      if (!(await this.#isDone(task))) return this.#again(task);
      await storage.delete(folder(provider) + id);
      this.#known.delete(id);
    } catch (error) {
      log.warn(
        { provider, post: id, tries: task.tries, error: faultOf(error) },
        'a post is not worked off yet; trying again',
      );
      this.#again(task);
    }
  }

  async #isDone({ mark, job, tries }: Task): Promise<boolean> {
    try {
      return await job(this.#knock);
    } catch (error) {
      if (!(error instanceof NotStoredError) || tries + 1 < LOOKS) throw error;
      this.#deps.log.error({ post: mark.id }, 'the payload of a marked post is gone; its mark is removed');
      return true;
    }
  }

  readonly #knock: CallFarSide = async (call) => {
    try {
      const result = await call();
      this.#failures = 0;
      return result;
    } catch (error) {
      this.#pause();
      throw error;
    }
  };

  /** Nobody knocks for a while: the far side is away. */
  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#after(waitMs(this.#failures++), () => {
      this.#isPaused = false;
      this.#work();
    });
  }

  #again(task: Task): void {
    this.#after(waitMs(task.tries++), () => {
      this.#waiting.push(task);
      this.#work();
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

/** A quarter of a second, then twice as long each time. */
const waitMs = (tries: number): number => Math.min(250 * 2 ** tries, LONGEST_WAIT_MS);
