import type { mongo } from 'mongoose';
import type { EventRow, Models } from '../../infra/models/index.ts';

/** Who listens: only what they may see passes. */
export interface Listener {
  workspaceId: string;
  audiences: string[];
}

/** An event and the position after it; without one: there is nothing more just now. */
export interface Heard {
  event: EventRow | null;
  position: string;
}

/** A way through the events of a workspace, in the order in which they were stored. */
export interface Feed {
  /** @param waitMs fixed when the feed is opened. @throws the driver's error */
  next(): Promise<Heard>;
  close(): Promise<void>;
}

/** A position is a resume token's text: opaque to clients, and worth nothing without their rights. */
export const isPosition = (text: string): boolean => /^(?:[0-9A-F]{2}){4,1000}$/i.test(text);

/** @param since position to go on after; null = from now. */
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
    { maxAwaitTimeMS: waitMs, ...(since !== null && { resumeAfter: { _data: since } }) },
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
