import type { Logger } from 'pino';
import type { InboundRun } from '../../workflows/types.ts';
import { NotStoredError, type Storage } from '../storage/storage.ts';
import { idsOf, readInboundIds } from './deliveries.ts';
import { faultOf } from './faultOf.ts';
import { arrivalOf, markKey, marksFolder, payloadKey } from './keys.ts';
import type { StoredPost } from './storedPost.ts';

/** A durable post whose workflows are to be started. */
export interface UnstartedPost {
  provider: string;
  id: string;
  /** Null: to be read from the payload. */
  deliveries: StoredPost['deliveries'] | null;
}

export interface StarterDeps {
  providers: ReadonlyMap<string, unknown>;
  storage: Storage;
  /** @throws anything when Temporal is away; then it is tried again without end. */
  startRun: (run: InboundRun) => Promise<'started' | 'already-started'>;
  /**
   * Notes a post on the row of the post that it repeats; nothing to note when it is that post itself.
   * @returns false when that row is not there yet.
   */
  noteRepeat: (inboundEmailId: string, postId: string) => Promise<boolean>;
  log: Logger;
}

export interface Starter {
  /** Starts the post's workflows soon, and removes its mark then. Never throws. */
  add(post: UnstartedPost): void;
  /** Takes up marks that others left, now and every 30 s. */
  takeUpMarks(): void;
  /** Resolves when the steps under way have ended; marks keep the rest. */
  close(): Promise<void>;
}

const AT_ONCE = 8;
/** Posts held in memory; marks keep the others. */
const MAX_KNOWN = 10_000;
const SWEEP_MS = 30_000;
/** Younger marks are being worked off by the process that made them. */
const LEFT_BEHIND_MS = 30_000;
const LONGEST_WAIT_MS = 30_000;

/** A post, and what is left to do for it: ids of inbound emails. */
interface Job {
  provider: string;
  id: string;
  /** Null: to be read from the payload. */
  toStart: string[] | null;
  /** A run was there already: perhaps of another post with the same content. */
  toNote: string[];
  tries: number;
}

/**
 * Works off the marks of durable posts: starts one workflow a recipient, then removes the mark. Any step may happen
 * twice, here or in another process: Temporal refuses the second start, and that is success.
 */
export function createStarter(deps: StarterDeps): Starter {
  return new MarkStarter(deps);
}

class MarkStarter implements Starter {
  readonly #deps: StarterDeps;
  /** Ids of posts that wait or are under way. */
  readonly #known = new Set<string>();
  readonly #waiting: Job[] = [];
  readonly #working = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isClosed = false;
  #isPaused = false;
  /** Starts that failed since the last that did not. While there are any, one post at a time knocks. */
  #failures = 0;
  #sweep: Promise<void> | null = null;

  constructor(deps: StarterDeps) {
    this.#deps = deps;
  }

  add(post: UnstartedPost): void {
    if (this.#isClosed || this.#known.has(post.id) || this.#known.size >= MAX_KNOWN) return;
    this.#known.add(post.id);
    const { provider, id, deliveries } = post;
    this.#waiting.push({ provider, id, toStart: deliveries && idsOf(deliveries), toNote: [], tries: 0 });
    this.#work();
  }

  takeUpMarks(): void {
    this.#sweep = this.#addLeftBehind()
      .catch((error: unknown) => {
        this.#deps.log.warn({ error: faultOf(error) }, 'marks could not be listed; trying again');
      })
      .then(() => this.#after(SWEEP_MS, () => this.takeUpMarks()));
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#sweep;
    await Promise.all(this.#working);
  }

  async #addLeftBehind(): Promise<void> {
    for (const provider of this.#deps.providers.keys()) {
      if (this.#known.size >= MAX_KNOWN) return;
      for await (const key of this.#deps.storage.list(marksFolder(provider))) {
        const id = key.slice(key.lastIndexOf('/') + 1);
        // Ids sort by time: all further ones are younger.
        const isYoung = Date.now() - arrivalOf(id).getTime() < LEFT_BEHIND_MS;
        if (isYoung || this.#isClosed || this.#known.size >= MAX_KNOWN) break;
        this.add({ provider, id, deliveries: null });
      }
    }
  }

  #work(): void {
    const atOnce = this.#failures > 0 ? 1 : AT_ONCE;
    while (!this.#isClosed && !this.#isPaused && this.#working.size < atOnce) {
      const job = this.#waiting.shift();
      if (!job) return;
      const working = this.#workOff(job).finally(() => {
        this.#working.delete(working);
        this.#work();
      });
      this.#working.add(working);
    }
  }

  async #workOff(job: Job): Promise<void> {
    const { storage, noteRepeat, log } = this.#deps;
    try {
      job.toStart ??= await this.#readIds(job);
      await this.#startAll(job, job.toStart);
      while (job.toNote.length > 0) {
        if (!(await noteRepeat(job.toNote[0]!, job.id))) return this.#again(job);
        job.toNote.shift();
      }
      await storage.delete(markKey(job.provider, job.id));
      this.#known.delete(job.id);
    } catch (error) {
      const { id: post, tries } = job;
      log.warn({ post, tries, error: faultOf(error) }, 'a post is not started yet; trying again');
      this.#again(job);
    }
  }

  async #readIds({ provider, id }: Job): Promise<string[]> {
    try {
      return await readInboundIds(this.#deps.storage, payloadKey(provider, id));
    } catch (error) {
      if (!(error instanceof NotStoredError)) throw error;
      this.#deps.log.error({ post: id }, 'the payload of a marked post is gone; its mark is removed');
      return [];
    }
  }

  async #startAll({ provider, id: postId, toNote }: Job, toStart: string[]): Promise<void> {
    for (let id = toStart[0]; id !== undefined; id = toStart[0]) {
      try {
        const result = await this.#deps.startRun({ id, key: payloadKey(provider, postId), run: 1 });
        if (result === 'already-started') toNote.push(id);
      } catch (error) {
        this.#pause();
        throw error;
      }
      this.#failures = 0;
      toStart.shift();
    }
  }

  /** Nobody starts anything for a while: Temporal is away. */
  #pause(): void {
    if (this.#isPaused) return;
    this.#isPaused = true;
    this.#after(waitMs(this.#failures++), () => {
      this.#isPaused = false;
      this.#work();
    });
  }

  #again(job: Job): void {
    this.#after(waitMs(job.tries++), () => {
      this.#waiting.push(job);
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
