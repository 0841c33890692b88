import type { mongo } from 'mongoose';
import type { Logger } from 'pino';
import type { Models } from '../../infra/models/index.ts';
import { faultOf } from '../../lib/faultOf.ts';
import { changePipeline, type RowChange, type ResumeToken } from './changes.ts';

/** Handled together at most. */
const BATCH = 100;
/** How long the server waits for something new before it answers that there is nothing (ms). */
const AWAIT_MS = 500;
const AGAIN_MS = 1_000;
/** So often the place is written down while nothing happens (ms): what is older than the server's log is lost. */
const NOTE_EVERY_MS = 60_000;

interface FollowOptions {
  /** On a connection without a time-out for answers: the stream waits. */
  models: Models;
  /** Name under which the place in the stream is kept. */
  reader: string;
  /** May be called again with the same changes, also beside another process. */
  handle: (changes: RowChange[]) => Promise<void>;
  log: Logger;
  signal: AbortSignal;
}

/**
 * Follows what happens in the database, from where this reader was last, until `signal` is aborted. The place is written down after
 * each batch, so that whatever dies, nothing is left out. Two processes may follow under one name: both handle everything.
 */
export async function followChanges(options: FollowOptions): Promise<void> {
  const { models, reader, log, signal } = options;
  while (!signal.aborted) {
    try {
      await follow(options);
    } catch (error) {
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- it may be aborted meanwhile
      if (signal.aborted) return;
      if (isGone(error)) {
        log.error(
          { reader, code: (error as mongo.MongoServerError).code },
          'the place in the change stream is gone: WHAT HAPPENED MEANWHILE IS TOLD TO NOBODY; going on from now',
        );
        await models.StreamPosition.deleteOne({ _id: reader }).catch(() => undefined);
      } else log.warn({ reader, error: faultOf(error) }, 'the change stream broke off; it is opened again');
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/** Invalid, of another server, or older than the log: trying again gives the same. */
export function isGone(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  // FailedToParse, InvalidResumeToken, ChangeStreamFatalError, ChangeStreamHistoryLost, "resume token is not valid".
  return [9, 260, 280, 286, 40647, 40649, 50811].includes(code as number);
}

async function follow({ models, reader, handle, signal }: FollowOptions): Promise<void> {
  const kept = await models.StreamPosition.findById(reader).lean();
  const stream = models.connection.db!.watch(changePipeline, {
    maxAwaitTimeMS: AWAIT_MS,
    fullDocument: 'updateLookup',
    ...(kept && { resumeAfter: kept.token }),
  });
  const next = () => stream.tryNext() as unknown as Promise<RowChange | null>;
  let coming = next();
  try {
    for (let notedAt = 0; !signal.aborted;) {
      const first = await coming;
      const changes = first ? [first] : [];
      // Taken before more is read: the stream's own token runs ahead of what is handled.
      let place = first?._id ?? (stream.resumeToken as ResumeToken | null);
      coming = next();
      // What has arrived already goes along; what would have to be waited for does not.
      while (changes.length > 0 && changes.length < BATCH) {
        const more = await Promise.race([coming, immediately()]);
        if (!more) break;
        changes.push(more);
        place = more._id;
        coming = next();
      }
      if (changes.length > 0) await handle(changes);
      if (place && (changes.length > 0 || Date.now() - notedAt > NOTE_EVERY_MS)) {
        const here = { token: place, at: new Date() };
        await models.StreamPosition.updateOne({ _id: reader }, { $set: here }, { upsert: true });
        notedAt = Date.now();
      }
    }
  } finally {
    coming.catch(() => undefined);
    await stream.close().catch(() => undefined);
  }
}

const immediately = (): Promise<null> => new Promise((resolve) => setImmediate(resolve, null));
