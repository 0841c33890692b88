import { setTimeout as sleep } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import type { Logger } from 'pino';
import type { Models } from '../../infra/models/index.ts';
import { faultOf } from '../../lib/faultOf.ts';
import { changePipeline, type RowChange, type ResumeToken } from './changes.ts';

/** Most changes that are handled together. */
const BATCH = 100;
/** How long a batch waits for more changes (ms). */
const GATHER_MS = 50;
/** How long the server waits for a change before it answers that there is none (ms). */
const AWAIT_MS = 500;
const RETRY_MS = 1_000;
/** The position is saved so long after the last time at the earliest (ms): a reply alone is eight batches. */
const SAVE_EVERY_MS = 1_000;
/**
 * How often the position is saved while nothing happens (ms): a position that is older than the server's log
 * cannot be resumed.
 */
const SAVE_IDLE_EVERY_MS = 60_000;

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
 * position is saved only after what came before it was handled, so a process that dies misses nothing, and
 * handles the changes of about a second again. Two processes may follow under one name: both handle
 * everything.
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
      await sleep(RETRY_MS);
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
  let position: ResumeToken | null = null;
  let unsaved = 0;
  let savedAt = 0;
  const save = async (token: ResumeToken): Promise<void> => {
    const progress = { token, at: new Date() };
    await models.StreamPosition.updateOne({ _id: reader }, { $set: progress }, { upsert: true });
    unsaved = 0;
    savedAt = Date.now();
  };
  try {
    while (!signal.aborted) {
      const first = await upcoming;
      const changes = first ? [first] : [];
      // Read before the next change: the stream's own token runs ahead of what is handled.
      let reached = first?._id ?? (stream.resumeToken as ResumeToken | null);
      upcoming = readNext();
      // What belongs together comes together: a mail's message, thread and contact are one batch.
      const gathered = first && sleep(GATHER_MS, null);
      while (changes.length > 0 && changes.length < BATCH) {
        const change = await Promise.race([upcoming, gathered]);
        if (!change) break;
        changes.push(change);
        reached = change._id;
        upcoming = readNext();
      }
      if (changes.length > 0) await handle(changes);
      position = reached ?? position;
      unsaved += changes.length;
      const isDue = Date.now() - savedAt > (unsaved > 0 ? SAVE_EVERY_MS : SAVE_IDLE_EVERY_MS);
      if (position && isDue) await save(position);
    }
  } finally {
    if (position && unsaved > 0) await save(position).catch(() => undefined);
    upcoming.catch(() => undefined);
    await stream.close().catch(() => undefined);
  }
}
