import type { IncomingMessage } from 'node:http';
import type { Context, Middleware } from 'koa';
import mongoose, { type Connection } from 'mongoose';

/** Storage, MongoDB or Temporal is away: worth another try. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable';
}

/** What a 503 carries besides its sentence; seconds. */
export const UNAVAILABLE = { headers: { 'Retry-After': '5' } };

/** Longest wait for an answer's data; a download's bytes are not counted. */
const DEADLINE_MS = 10_000;

const { MongoNetworkError, MongoNotConnectedError, MongoServerError, MongoServerSelectionError } =
  mongoose.mongo;
const AWAY = [
  Unavailable,
  MongoNetworkError,
  MongoNotConnectedError,
  MongoServerSelectionError,
  mongoose.mongo.MongoTopologyClosedError,
  mongoose.mongo.MongoWriteConcernError,
  mongoose.Error.MongooseServerSelectionError,
];

export function isUnavailable(error: unknown): boolean {
  // A server that steps down or shuts down answers with this label (MongoDB's retryable reads and writes).
  if (error instanceof MongoServerError) return error.hasErrorLabel('RetryableWriteError');
  return AWAY.some((kind) => error instanceof kind);
}

/** What stops the clock of a request, and starts it again from the beginning. */
const clocks = new WeakMap<IncomingMessage, { stop: () => void; start: () => void }>();

/** Answers 503 at once while MongoDB is not connected, and after `deadlineMs` when it does not answer: never hangs. */
export function available(connection: Connection, deadlineMs = DEADLINE_MS): Middleware {
  return async (ctx, next) => {
    // Without this mongoose would hold queries back until it is connected.
    if (connection.readyState !== mongoose.ConnectionStates.connected) throw new Unavailable();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_resolve, reject) => {
      const stop = () => clearTimeout(timer);
      const start = () => (timer = setTimeout(() => reject(new Unavailable()), deadlineMs));
      clocks.set(ctx.req, { stop, start });
      start();
    });
    try {
      await Promise.race([next(), late]);
    } finally {
      clearTimeout(timer);
      clocks.delete(ctx.req);
    }
  };
}

/** Work that MongoDB has no part in (a body that is still being sent): its time is not counted. */
export async function uncounted<T>({ req }: Pick<Context, 'req'>, work: () => Promise<T>): Promise<T> {
  clocks.get(req)?.stop();
  try {
    return await work();
  } finally {
    clocks.get(req)?.start();
  }
}
