import type { mongo } from 'mongoose';
import type { Logger } from 'pino';
import type { Models } from '../../infra/models/index.ts';
import { faultOf } from '../../lib/faultOf.ts';
import { changePipeline, type RowChange, type ResumeToken } from './changes.ts';

/** Most changes that are handled together. */
const BATCH = 100;
/** How long the server waits for a change before it answers that there is none (ms). */
const AWAIT_MS = 500;
const RETRY_MS = 1_000;
/**
 * How often the position is saved while nothing happens (ms): a position that is older than the server's log
 * cannot be resumed.
 */
const SAVE_EVERY_MS = 60_000;

interface FollowOptions {
  /** On a connection without a socket timeout, because the stream waits for changes. */
  models: Models;
  /** Name under which the position in the stream is saved. */
  reader: string;
  /** Must be idempotent: may be called again with the same changes, also concurrently by another process. */
  handle: (changes: RowChange[]) => Promise<void>;
  log: Logger;
  signal: AbortSignal;
}

/**
 * Follows the changes in the database, from this reader's last position, until `signal` is aborted. The
 * position is saved after each batch, so a process that dies misses nothing. Two processes may follow under
 * one name: both handle everything.
 */
export async function followChanges(options: FollowOptions): Promise<void> {
  const { models, reader, log, signal } = options;
  while (!signal.aborted) {
    try {
      await follow(options);
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- may have been aborted meanwhile
      if (signal.aborted) return;
      if (isGone(error)) {
        log.error(
          { reader, code: (error as mongo.MongoServerError).code },
          'the position in the change stream cannot be resumed: THE EVENTS SINCE THEN ARE LOST; ' +
            'continuing from now',
        );
        await models.StreamPosition.deleteOne({ _id: reader }).catch(() => undefined);
      } else log.warn({ reader, error: faultOf(error) }, 'the change stream failed; opening it again');
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

/** The position is invalid, of another server, or older than the log: a retry would fail in the same way. */
export function isGone(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  // FailedToParse, InvalidResumeToken, ChangeStreamFatalError, ChangeStreamHistoryLost, "resume token is not
  // valid".
  return [9, 260, 280, 286, 40647, 40649, 50811].includes(code as number);
}

async function follow({ models, reader, handle, signal }: FollowOptions): Promise<void> {
  const saved = await models.StreamPosition.findById(reader).lean();
  const stream = models.connection.db!.watch(changePipeline, {
    maxAwaitTimeMS: AWAIT_MS,
    fullDocument: 'updateLookup',
    ...(saved && { resumeAfter: saved.token }),
  });
  const readNext = () => stream.tryNext() as unknown as Promise<RowChange | null>;
  let upcoming = readNext();
  try {
    for (let savedAt = 0; !signal.aborted;) {
      const first = await upcoming;
      const changes = first ? [first] : [];
      // Read before the next change: the stream's own token runs ahead of what is handled.
      let position = first?._id ?? (stream.resumeToken as ResumeToken | null);
      upcoming = readNext();
      // Changes that have arrived already join the batch; it does not wait for others.
      while (changes.length > 0 && changes.length < BATCH) {
        const change = await Promise.race([upcoming, immediately()]);
        if (!change) break;
        changes.push(change);
        position = change._id;
        upcoming = readNext();
      }
      if (changes.length > 0) await handle(changes);
      if (position && (changes.length > 0 || Date.now() - savedAt > SAVE_EVERY_MS)) {
        const progress = { token: position, at: new Date() };
        await models.StreamPosition.updateOne({ _id: reader }, { $set: progress }, { upsert: true });
        savedAt = Date.now();
      }
    }
  } finally {
    upcoming.catch(() => undefined);
    await stream.close().catch(() => undefined);
  }
}

const immediately = (): Promise<null> => new Promise((resolve) => setImmediate(resolve, null));
