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
  MongoOperationTimeoutError,
  MongoServerError,
  MongoServerSelectionError,
} = mongoose.mongo;
const UNAVAILABLE_ERRORS = [
  Unavailable,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoOperationTimeoutError,
  MongoServerSelectionError,
  mongoose.mongo.MongoTopologyClosedError,
  mongoose.mongo.MongoWriteConcernError,
  mongoose.Error.MongooseServerSelectionError,
];

export function isUnavailable(error: unknown): boolean {
  // A server that steps down or shuts down sends this label (MongoDB's retryable reads and writes).
  if (error instanceof MongoServerError) return error.hasErrorLabel('RetryableWriteError');
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
