import { setTimeout as sleep } from 'node:timers/promises';
import type { mongo } from 'mongoose';
import type { Models } from '../../infra/models/index.ts';
import { isGone } from './feed.ts';
import { changePipeline, type ResumeToken, type RowChange } from './changes.ts';

/** Most changes that are handled together. */
const BATCH = 100;
/** How long a batch waits for more changes (ms). */
const GATHER_MS = 50;
/** How long the server waits for a change before it answers that there is none (ms). */
const AWAIT_MS = 500;

/** Changes that belong together: a mail's message, thread and contact are one batch. */
export interface ChangeBatch {
  /** Empty: there was none for a while. */
  changes: RowChange[];
  /** The position after them. */
  position: ResumeToken | null;
  /** All changes before this time are in this batch or in earlier ones. */
  at: Date;
}

/** The server cannot go on after a position: a retry would fail in the same way. */
export class LostPosition extends Error {
  /** MongoDB's. */
  readonly code: unknown;
  constructor(cause: unknown) {
    super('the position in the change stream cannot be resumed', { cause });
    this.code = (cause as { code?: unknown }).code;
  }
}

/**
 * The changes after a position, or from now on, until `signal` is aborted.
 * @throws LostPosition, the driver's errors
 */
export async function* changeBatches(
  models: Models,
  since: ResumeToken | null,
  signal: AbortSignal,
): AsyncGenerator<ChangeBatch> {
  const stream = openStream(models, since);
  const readNext = () => stream.tryNext() as unknown as Promise<RowChange | null>;
  let upcoming = readNext();
  try {
    while (!signal.aborted) {
      const first = await upcoming;
      const changes = first ? [first] : [];
      // Read before the next change: the stream's own token runs ahead of what is handled.
      const position = first?._id ?? (stream.resumeToken as ResumeToken | null);
      upcoming = readNext();
      const gathered = first && sleep(GATHER_MS, null);
      while (changes.length > 0 && changes.length < BATCH) {
        const change = await Promise.race([upcoming, gathered]);
        if (!change) break;
        changes.push(change);
        upcoming = readNext();
      }
      const last = changes.at(-1);
      yield { changes, position: last?._id ?? position, at: last?.wallTime ?? new Date() };
    }
  } catch (error) {
    // Only of the stream: what the reader of the batches throws does not come here.
    throw since && isGone(error) ? new LostPosition(error) : error;
  } finally {
    upcoming.catch(() => undefined);
    await stream.close().catch(() => undefined);
  }
}

/** The present position. @throws the driver's errors */
export async function presentPosition(models: Models): Promise<ResumeToken | null> {
  const stream = openStream(models, null);
  try {
    await stream.tryNext();
    return stream.resumeToken as ResumeToken | null;
  } finally {
    await stream.close().catch(() => undefined);
  }
}

function openStream(models: Models, since: ResumeToken | null): mongo.ChangeStream {
  return models.connection.db!.watch(changePipeline, {
    maxAwaitTimeMS: AWAIT_MS,
    fullDocument: 'updateLookup',
    ...(since && { resumeAfter: since }),
  });
}
