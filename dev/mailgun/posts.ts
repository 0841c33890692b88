import { setTimeout as sleep } from 'node:timers/promises';
import type { Body } from './body.ts';
import type { PostFault, PostFaults } from './faults.ts';
import { send } from './send.ts';

export type Form = 'forward' | 'store' | 'mime';

/** One try of one post. The fields of `About` say which post it is. */
export type Try<About> = About & {
  /** From 1. */
  try: number;
  /** When the try began: ISO 8601, UTC. */
  at: string;
  durationMs: number;
  /** Null when there was no answer; then `error` says why. */
  status: number | null;
  error: string | null;
};

export interface PostedMail {
  /** Key of the mail that was posted. */
  mail: string;
  /** One address, or several separated by commas. */
  recipient: string;
  form: Form;
  /** Identifies the post: all its tries have the same token. */
  token: string;
}
export type PostTry = Try<PostedMail>;

/**
 * `retrying`: not yet answered with 200 or 406. `lost`: no try succeeded, and no further one will be made.
 */
export type Outcome = 'waiting' | 'accepted' | 'rejected' | 'retrying' | 'lost';

/** The outcome of a post. It changes as tries are made. */
export interface Delivery<About = PostedMail> {
  recipient: string;
  outcome: Outcome;
  tries: Try<About>[];
}

export interface PostJob<About> {
  about: About;
  url: URL;
  body: Body;
  /** Waits between tries, in minutes; empty: it is tried once. */
  retryAfterMinutes: readonly number[];
}

export interface PosterOptions<About = PostedMail> {
  /** 1 = Mailgun's schedule; 600 = a minute becomes 0.1 s. */
  retrySpeed: number;
  idleMs: number;
  faults: Pick<PostFaults, 'apply'>;
  signal: AbortSignal;
  onTry(attempt: Try<About>): void;
}

export interface Posting<About = PostedMail> {
  delivery: Delivery<About>;
  /** Resolves after the first try of each copy (of which the fault `double` makes two). */
  firstTry: Promise<void>;
  /** Resolves when no further try will be made. */
  settled: Promise<void>;
}

/**
 * Posts in the background. 200 and 406 end it; after any other answer it is tried again with the same body.
 */
export function post<About extends { recipient: string }>(
  job: PostJob<About>,
  options: PosterOptions<About>,
  fault: PostFault | null,
): Posting<About> {
  const delivery: Delivery<About> = { recipient: job.about.recipient, outcome: 'waiting', tries: [] };
  const copies = Array.from({ length: fault?.double ? 2 : 1 }, () => {
    const first = fault
      ? options.faults.apply(fault, () => attempt(job, delivery, 1, options))
      : attempt(job, delivery, 1, options);
    return { first, settled: first.then(() => retry(job, delivery, options)) };
  });
  return {
    delivery,
    firstTry: Promise.all(copies.map((copy) => copy.first)).then(() => {}),
    settled: Promise.all(copies.map((copy) => copy.settled)).then(() => {}),
  };
}

async function retry<About>(
  job: PostJob<About>,
  delivery: Delivery<About>,
  options: PosterOptions<About>,
): Promise<void> {
  const isStopped = () => options.signal.aborted;
  for (const [index, minutes] of job.retryAfterMinutes.entries()) {
    if (delivery.outcome === 'accepted' || delivery.outcome === 'rejected' || isStopped()) return;
    await sleep((minutes * 60_000) / options.retrySpeed, null, { signal: options.signal }).catch(() => {});
    if (isStopped()) return;
    await attempt(job, delivery, index + 2, options);
  }
  if (delivery.outcome === 'retrying') delivery.outcome = 'lost';
}

async function attempt<About>(
  job: PostJob<About>,
  delivery: Delivery<About>,
  number: number,
  options: PosterOptions<About>,
): Promise<void> {
  const startedAt = new Date();
  const answer = await send(job.url, job.body, options.idleMs, options.signal);
  const entry: Try<About> = {
    ...job.about,
    try: number,
    at: startedAt.toISOString(),
    durationMs: Date.now() - startedAt.getTime(),
    ...answer,
  };
  delivery.tries.push(entry);
  options.onTry(entry);
  if (delivery.outcome === 'accepted') return;
  delivery.outcome = answer.status === 200 ? 'accepted' : answer.status === 406 ? 'rejected' : 'retrying';
}
