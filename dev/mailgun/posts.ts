import { setTimeout as sleep } from 'node:timers/promises';
import type { Body } from './body.ts';
import type { PostFault, PostFaults } from './faults.ts';
import { send } from './send.ts';

export type Form = 'forward' | 'store' | 'mime';

/** One try of one post. The fields of `About` say what it is about. */
export type Try<About> = About & {
  /** From 1. */
  try: number;
  /** ISO 8601, UTC: when the try began. */
  at: string;
  durationMs: number;
  /** Null where there was no answer; then `error` says why. */
  status: number | null;
  error: string | null;
};

export interface PostedMail {
  /** Key of the mail that was posted. */
  mail: string;
  /** As posted: one address, or several with commas. */
  recipient: string;
  form: Form;
  /** The token identifies the post: its tries share it. */
  token: string;
}
export type PostTry = Try<PostedMail>;

/** `retrying`: not answered with 200 or 406 yet; `lost`: all tries are used up. */
export type Outcome = 'waiting' | 'accepted' | 'rejected' | 'retrying' | 'lost';

/** What became of a post. Live: it changes as tries are made. */
export interface Delivery<About = PostedMail> {
  recipient: string;
  outcome: Outcome;
  tries: Try<About>[];
}

export interface PostJob<About> {
  about: About;
  url: URL;
  body: Body;
  /** Waits between tries, in minutes; none = tried once. */
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
  /** Resolves after the first try of each copy. */
  firstTry: Promise<void>;
  /** Resolves when no further try will be made. */
  settled: Promise<void>;
}

/** Posts a job in the background until it is settled: 200 and 406 stop, all else is tried again with the same body. */
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
  const stopped = () => options.signal.aborted;
  for (const [index, minutes] of job.retryAfterMinutes.entries()) {
    if (delivery.outcome === 'accepted' || delivery.outcome === 'rejected' || stopped()) return;
    await sleep((minutes * 60_000) / options.retrySpeed, null, { signal: options.signal }).catch(() => {});
    if (stopped()) return;
    await attempt(job, delivery, index + 2, options);
  }
  if (delivery.outcome === 'retrying') delivery.outcome = 'lost';
}

async function attempt<About>(
  job: PostJob<About>,
  delivery: Delivery<About>,
  n: number,
  options: PosterOptions<About>,
): Promise<void> {
  const began = new Date();
  const answer = await send(job.url, job.body, options.idleMs, options.signal);
  const done: Try<About> = {
    ...job.about,
    try: n,
    at: began.toISOString(),
    durationMs: Date.now() - began.getTime(),
    ...answer,
  };
  delivery.tries.push(done);
  options.onTry(done);
  if (delivery.outcome === 'accepted') return;
  delivery.outcome = answer.status === 200 ? 'accepted' : answer.status === 406 ? 'rejected' : 'retrying';
}
