import type { mongo } from 'mongoose';
import type { EventRow, Models } from '../../infra/models/index.ts';

/** A listener receives only the events that it may see. */
export interface Listener {
  workspaceId: string;
  audiences: string[];
}

/** An event, or null when there is none at the moment, and the position after it. */
export interface FeedEntry {
  event: EventRow | null;
  position: string;
}

/** The events of a workspace, in the order in which they were stored. */
export interface Feed {
  /** Waits at most `waitMs` (openFeed) for an event. @throws the driver's errors */
  next(): Promise<FeedEntry>;
  close(): Promise<void>;
}

/** A position is the text of a resume token: opaque to clients, and useless without their access rights. */
export const isPosition = (text: string): boolean => /^(?:[0-9A-F]{2}){4,1000}$/i.test(text);

/** The position is invalid, of another server, or older than the log: a retry would fail in the same way. */
export function isGone(error: unknown): boolean {
  const { code } = error as { code?: unknown };
  // FailedToParse, InvalidResumeToken, ChangeStreamFatalError, ChangeStreamHistoryLost, "resume token is not
  // valid".
  return [9, 260, 280, 286, 40647, 40649, 50811].includes(code as number);
}

/**
 * A change stream for one listener: for a page, or until the listener has caught up (liveFeed.ts).
 * @param since position after which to continue; null = from now on.
 * @param waitMs how long `next` waits for an event
 */
export function openFeed(
  models: Models,
  { workspaceId, audiences }: Listener,
  since: string | null,
  waitMs: number,
): Feed {
  const stream = models.Event.collection.watch(
    [
      {
        $match: {
          operationType: 'insert',
          'fullDocument.workspace_id': workspaceId,
          'fullDocument.audiences': { $in: audiences },
        },
      },
    ],
    { maxAwaitTimeMS: waitMs, ...(since !== null && { resumeAfter: { _data: since.toUpperCase() } }) },
  ) as unknown as mongo.ChangeStream<EventRow>;
  return {
    async next() {
      const change = (await stream.tryNext()) as mongo.ChangeStreamInsertDocument<EventRow> | null;
      const { _data } = stream.resumeToken as { _data: string };
      return { event: change?.fullDocument ?? null, position: _data };
    },
    close: () => stream.close().catch(() => undefined),
  };
}
