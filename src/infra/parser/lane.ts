import { Worker } from 'node:worker_threads';
import { type DigestJob, ParserBroke, Unreadable } from './pool.ts';

/** What a thread is asked. */
export type ParserJob =
  | { kind: 'digest' | 'salvage'; mail: DigestJob }
  | { kind: 'sanitise'; html: string }
  | { kind: 'extract'; mime: string; parts: number[]; dir: string; maxBytes: number };
/** What it answers, after a first `'ready'`. */
export type ParserAnswer =
  { value: unknown } | { error: { name: string; message: string; code: string | undefined } };

export interface JobOptions {
  limitMs: number;
  signal?: AbortSignal | undefined;
}

interface Ticket extends JobOptions {
  job: ParserJob;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/** What a thread runs: the built module, or, from TypeScript (tsx, jest), a line that lets it read TypeScript first. */
const fromSource = import.meta.url.endsWith('.ts');
const module = new URL(`./parserThread.${fromSource ? 'ts' : 'js'}`, import.meta.url);
const program = fromSource
  ? `import('${import.meta.resolve('tsx/esm/api')}').then((tsx) => { tsx.register(); return import('${module.href}'); })`
  : module;

/** A fault of the system (a file gone, no descriptors left) may pass; all else is a verdict. */
function errorOf({
  name,
  message,
  code,
}: {
  name: string;
  message: string;
  code: string | undefined;
}): Error {
  const isOfTheSystem = code !== undefined && /^E[A-Z]+$/.test(code);
  return isOfTheSystem ? Object.assign(new Error(message), { code }) : new Unreadable(name);
}

function withResolvers() {
  let resolve!: Ticket['resolve'];
  let reject!: Ticket['reject'];
  const promise = new Promise<unknown>((...settle) => ([resolve, reject] = settle));
  return { promise, resolve, reject };
}

/** Threads that take jobs from one queue, each one at a time. A thread that breaks takes down its own job only. */
export class Lane {
  readonly #size: number;
  readonly #heapMb: number;
  readonly #threads = new Set<ParserThread>();
  #queue: Ticket[] = [];
  #closed = false;

  constructor(size: number, heapMb: number) {
    this.#size = size;
    this.#heapMb = heapMb;
  }

  /** Starts the threads that are missing. */
  warm(): void {
    while (!this.#closed && this.#threads.size < this.#size) {
      const thread = new ParserThread(this.#heapMb, {
        idle: () => this.#next(),
        ended: (wasReady) => this.#ended(thread, wasReady),
      });
      this.#threads.add(thread);
    }
  }

  async run(job: ParserJob, options: JobOptions): Promise<unknown> {
    if (this.#closed) throw new Error('the parser is closed');
    options.signal?.throwIfAborted();
    const { promise, resolve, reject } = withResolvers();
    const ticket: Ticket = { job, ...options, resolve, reject };
    const abort = () => this.#abort(ticket);
    // Threads do not keep the process alive; a job does.
    const alive = setInterval(() => undefined, 60_000);
    options.signal?.addEventListener('abort', abort);
    this.#queue.push(ticket);
    this.warm();
    this.#next();
    return promise.finally(() => {
      clearInterval(alive);
      options.signal?.removeEventListener('abort', abort);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const ticket of this.#queue.splice(0)) ticket.reject(new Error('the parser is closed'));
    await Promise.all([...this.#threads].map((thread) => thread.end(new Error('the parser is closed'))));
  }

  #next(): void {
    for (const thread of this.#threads) {
      if (!thread.isIdle) continue;
      const ticket = this.#queue.shift();
      if (!ticket) return;
      thread.take(ticket);
    }
  }

  #abort(ticket: Ticket): void {
    const reason: unknown = ticket.signal?.reason;
    this.#queue = this.#queue.filter((waiting) => waiting !== ticket);
    ticket.reject(reason);
    for (const thread of this.#threads) if (thread.ticket === ticket) void thread.end(reason);
  }

  #ended(thread: ParserThread, wasReady: boolean): void {
    this.#threads.delete(thread);
    if (wasReady) return this.warm();
    // One that cannot even start is not started over and over: those who wait hear of it.
    if (this.#threads.size === 0)
      for (const ticket of this.#queue.splice(0)) ticket.reject(new ParserBroke('crash'));
  }
}

class ParserThread {
  ticket: Ticket | null = null;
  readonly #worker: Worker;
  #ready = false;
  #ending = false;
  #timer: NodeJS.Timeout | undefined;
  readonly #on: { idle: () => void; ended: (wasReady: boolean) => void };

  constructor(heapMb: number, on: { idle: () => void; ended: (wasReady: boolean) => void }) {
    this.#on = on;
    this.#worker = new Worker(program, {
      eval: fromSource,
      execArgv: [],
      // Nothing of ours is in there for code that parses strangers' mail.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: heapMb, maxYoungGenerationSizeMb: 32 },
    });
    this.#worker.on('message', (answer: 'ready' | ParserAnswer) => this.#answered(answer));
    this.#worker.on('error', (error: Error & { code?: string }) => {
      this.#settle((ticket) => {
        ticket.reject(new ParserBroke(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? 'memory' : 'crash'));
      });
    });
    this.#worker.on('exit', () => {
      this.#settle((ticket) => ticket.reject(new ParserBroke('crash')));
      on.ended(this.#ready);
    });
    this.#worker.unref();
  }

  get isIdle(): boolean {
    return this.#ready && !this.#ending && this.ticket === null;
  }

  take(ticket: Ticket): void {
    this.ticket = ticket;
    this.#timer = setTimeout(() => void this.end(new ParserBroke('time')), ticket.limitMs);
    this.#worker.postMessage(ticket.job);
  }

  /** Ends the thread in the middle of whatever it does. */
  async end(reason: unknown): Promise<void> {
    this.#ending = true;
    this.#settle((ticket) => ticket.reject(reason));
    await this.#worker.terminate();
  }

  #answered(answer: 'ready' | ParserAnswer): void {
    if (answer === 'ready') this.#ready = true;
    else {
      this.#settle((ticket) => {
        if ('value' in answer) ticket.resolve(answer.value);
        else ticket.reject(errorOf(answer.error));
      });
    }
    this.#on.idle();
  }

  #settle(how: (ticket: Ticket) => void): void {
    const { ticket } = this;
    clearTimeout(this.#timer);
    this.ticket = null;
    if (ticket) how(ticket);
  }
}
