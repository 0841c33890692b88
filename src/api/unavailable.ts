import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import mongoose, { type Connection } from 'mongoose';

/** Storage, MongoDB or Temporal is unavailable; a retry may succeed. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** Headers of a 503; the time is in seconds. */
export const UNAVAILABLE = { headers: { 'Retry-After': '5' } };

/** Longest time until an answer begins. The time of uploads and downloads is not counted. */
const DEADLINE_MS = 10_000;

const {
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerError,
  MongoServerSelectionError,
  MongoDriverError,
  MongoWriteConcernError,
} = mongoose.mongo;
/** The command took longer than the server was told (src/infra/database.ts). */
const MAX_TIME_EXPIRED = 50;
/** No place in the pool became free in time. The driver does not export this class. */
const WAIT_QUEUE_TIMEOUT = 'MongoWaitQueueTimeoutError';
const UNAVAILABLE_ERRORS = [
  Unavailable,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerSelectionError,
  mongoose.mongo.MongoTopologyClosedError,
  mongoose.Error.MongooseServerSelectionError,
];

export function isUnavailable(error: unknown): boolean {
  if (error instanceof MongoWriteConcernError) return true;
  // A server that steps down or shuts down sends this label (MongoDB's retryable reads and writes).
  if (error instanceof MongoServerError)
    return error.hasErrorLabel('RetryableWriteError') || error.code === MAX_TIME_EXPIRED;
  if (error instanceof MongoDriverError && error.name === WAIT_QUEUE_TIMEOUT) return true;
  return UNAVAILABLE_ERRORS.some((kind) => error instanceof kind);
}

/** The deadline of each request: `stop` removes it, `start` sets it anew. */
const deadlines = new WeakMap<IncomingMessage, { stop: () => void; start: () => void }>();

/** Answers 503 at once while MongoDB is not connected, and after `deadlineMs` when it does not answer. */
export function available(connection: Connection, deadlineMs = DEADLINE_MS): Middleware {
  return async (ctx, next) => {
    // Without this mongoose would delay queries until it is connected.
    if (connection.readyState !== mongoose.ConnectionStates.connected) throw new Unavailable();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const stop = () => clearTimeout(timer);
      const start = () => (timer = setTimeout(() => reject(new Unavailable()), deadlineMs));
      deadlines.set(ctx.req, { stop, start });
      start();
    });
    try {
      await Promise.race([next(), late]);
    } finally {
      clearTimeout(timer);
      deadlines.delete(ctx.req);
    }
  };
}

/** Work that does not need MongoDB, such as receiving a body: the deadline begins again after it. */
export async function uncounted<T>({ req }: Pick<Context, 'req'>, work: () => Promise<T>): Promise<T> {
  deadlines.get(req)?.stop();
  try {
    return await work();
  } finally {
    deadlines.get(req)?.start();
  }
}
