import { Worker } from 'node:worker_threads';
import { type DigestJob, ParserBroke, Unreadable } from './pool.ts';

/** A job for a parser thread. */
export type ParserJob =
  | { kind: 'digest' | 'salvage'; mail: DigestJob }
  | { kind: 'sanitise'; html: string }
  | { kind: 'words'; text: string }
  | { kind: 'extract'; mime: string; parts: number[]; dir: string; maxBytes: number };
/** A thread's answer to a job; its first message is `'ready'`. */
export type ParserAnswer = { value: unknown } | { error: ParserError };

/** An error as a thread posts it. */
interface ParserError {
  name: string;
  message: string;
  code: string | undefined;
}

export interface JobOptions {
  /** From when a thread begins with the job; waiting for one does not count. */
  limitMs: number;
  /** Of the jobs of a group one runs at a time. */
  group?: string;
  signal?: AbortSignal | undefined;
}

/** A job that waits for a thread, or runs on one. */
interface PendingJob extends JobOptions {
  job: ParserJob;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

const CLOSED = 'the parser is closed';
/** Any long interval: only its existence matters. */
const KEEP_ALIVE_MS = 60_000;

/**
 * What a thread runs: the built module, or, when this code runs from TypeScript (tsx, jest), a program that
 * first registers tsx in the thread.
 */
const runsFromSource = import.meta.url.endsWith('.ts');
const threadModule = new URL(`./parserThread.${runsFromSource ? 'ts' : 'js'}`, import.meta.url);
const threadProgram = runsFromSource
  ? `import('${import.meta.resolve('tsx/esm/api')}')
       .then(({ register }) => { register(); return import('${threadModule.href}'); });`
  : threadModule;

/**
 * A system error (a file is gone, no descriptors left) is temporary; every other error is a verdict about the
 * mail.
 */
function errorOf({ name, message, code }: ParserError): Error {
  const isSystemError = code !== undefined && /^E[A-Z]+$/.test(code);
  return isSystemError ? Object.assign(new Error(message), { code }) : new Unreadable(name);
}

/**
 * Threads that take jobs from one queue, each one job at a time. A thread that breaks fails only its own job.
 */
export class ParserLane {
  readonly #size: number;
  readonly #heapMb: number;
  readonly #threads = new Set<ParserThread>();
  #queue: PendingJob[] = [];
  #isClosed = false;

  constructor(size: number, heapMb: number) {
    this.#size = size;
    this.#heapMb = heapMb;
  }

  /** Starts threads up to the lane's size. */
  warm(): void {
    while (!this.#isClosed && this.#threads.size < this.#size) {
      const thread = new ParserThread(this.#heapMb, {
        idle: () => this.#startNext(),
        ended: (wasReady) => this.#replace(thread, wasReady),
      });
      this.#threads.add(thread);
    }
  }

  async run(job: ParserJob, options: JobOptions): Promise<unknown> {
    if (this.#isClosed) throw new Error(CLOSED);
    const { signal } = options;
    signal?.throwIfAborted();
    let abort = (): void => undefined;
    // The threads are unreferenced, so they do not keep the process alive. A pending job must.
    const keepAlive = setInterval(() => undefined, KEEP_ALIVE_MS);
    try {
      return await new Promise<unknown>((resolve, reject) => {
        const pending: PendingJob = { job, ...options, resolve, reject };
        abort = () => this.#abort(pending);
        signal?.addEventListener('abort', abort);
        this.#queue.push(pending);
        this.warm();
        this.#startNext();
      });
    } finally {
      clearInterval(keepAlive);
      signal?.removeEventListener('abort', abort);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    for (const pending of this.#queue.splice(0)) pending.reject(new Error(CLOSED));
    await Promise.all([...this.#threads].map((thread) => thread.terminate(new Error(CLOSED))));
  }

  #startNext(): void {
    for (const thread of this.#threads) {
      if (!thread.isIdle) continue;
      const pending = this.#takeNext();
      if (!pending) return;
      thread.start(pending);
    }
  }

  /** The oldest job whose group has no other one running. */
  #takeNext(): PendingJob | undefined {
    const running = new Set([...this.#threads].map(({ current }) => current?.group));
    const index = this.#queue.findIndex(({ group }) => group === undefined || !running.has(group));
    return index < 0 ? undefined : this.#queue.splice(index, 1)[0];
  }

  #abort(pending: PendingJob): void {
    const reason: unknown = pending.signal?.reason;
    this.#queue = this.#queue.filter((queued) => queued !== pending);
    pending.reject(reason);
    for (const thread of this.#threads) if (thread.current === pending) void thread.terminate(reason);
  }

  #replace(thread: ParserThread, wasReady: boolean): void {
    this.#threads.delete(thread);
    if (wasReady) return this.warm();
    // A thread that cannot even start would fail again and again: reject the waiting jobs instead.
    if (this.#threads.size === 0)
      for (const pending of this.#queue.splice(0)) pending.reject(new ParserBroke('crash'));
  }
}

interface ThreadEvents {
  idle: () => void;
  /** @param wasReady the thread had started before it ended. */
  ended: (wasReady: boolean) => void;
}

class ParserThread {
  /** The job that the thread works on. */
  current: PendingJob | null = null;
  readonly #worker: Worker;
  readonly #events: ThreadEvents;
  #isReady = false;
  #isEnding = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(heapMb: number, events: ThreadEvents) {
    this.#events = events;
    this.#worker = new Worker(threadProgram, {
      eval: runsFromSource,
      execArgv: [],
      // Code that parses strangers' mail must not see our environment.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 32 },
    });
    this.#worker.on('message', (message: 'ready' | ParserAnswer) => this.#receive(message));
    this.#worker.on('error', (error: Error & { code?: string }) => {
      const reason = error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash';
      this.#finish((job) => job.reject(new ParserBroke(reason)));
    });
    this.#worker.on('exit', () => {
      this.#finish((job) => job.reject(new ParserBroke('crash')));
      events.ended(this.#isReady);
    });
    this.#worker.unref();
  }

  get isIdle(): boolean {
    return this.#isReady && !this.#isEnding && this.current === null;
  }

  start(pending: PendingJob): void {
    this.current = pending;
    this.#timer = setTimeout(() => void this.terminate(new ParserBroke('time')), pending.limitMs);
    this.#worker.postMessage(pending.job);
  }

  /** Stops the thread at once, also in the middle of a job. */
  async terminate(reason: unknown): Promise<void> {
    this.#isEnding = true;
    this.#finish((job) => job.reject(reason));
    await this.#worker.terminate();
  }

  #receive(message: 'ready' | ParserAnswer): void {
    if (message === 'ready') this.#isReady = true;
    else {
      this.#finish((job) => {
        if ('value' in message) job.resolve(message.value);
        else job.reject(errorOf(message.error));
      });
    }
    this.#events.idle();
  }

  /** Ends the current job, if there is one. */
  #finish(settle: (job: PendingJob) => void): void {
    const { current } = this;
    clearTimeout(this.#timer);
    this.current = null;
    if (current) settle(current);
  }
}
