import type { Logger } from 'pino';
import type { DeliveryEvent, OutboundProvider } from '../infra/providers/outbound.ts';
import type { Storage } from '../infra/storage/storage.ts';
import { eventIdOfMark, eventKey, eventMarksFolder } from '../infra/archive/keys.ts';
import { type MarkTask, type Mark, MarkWork } from './marks.ts';

export interface EventWorkDeps {
  outbound: Pick<OutboundProvider, 'name' | 'events'>;
  storage: Storage;
  /** Writes the event to its message; nothing when there is none. @throws anything when MongoDB is away. */
  recordEvent: (event: DeliveryEvent) => Promise<void>;
  log: Logger;
}

export interface EventWork {
  /** Tells the event's message soon, and removes the mark then. Never throws. */
  add(mark: Mark): void;
  /** As of `Starter`. */
  takeUpMarks(): void;
  oldestAge(): Promise<number>;
  close(): Promise<void>;
}

/** Works off the marks of posted events: each is written to its message. Any step may happen twice: the write is idempotent. */
export function createEventWork(deps: EventWorkDeps): EventWork {
  const { outbound, storage, log } = deps;
  const marks = new MarkWork({
    providers: [outbound.name],
    folder: eventMarksFolder,
    jobOf: (mark) => recordJob(deps, mark),
    storage,
    log,
  });
  return {
    add: (mark) => marks.add(mark, recordJob(deps, mark)),
    takeUpMarks: () => marks.takeUpMarks(),
    oldestAge: () => marks.oldestAge(),
    close: () => marks.close(),
  };
}

function recordJob({ outbound, storage, recordEvent }: EventWorkDeps, { provider, id }: Mark): MarkTask {
  return async (knock) => {
    const body = await storage.readAll(eventKey(provider, eventIdOfMark(id)));
    const event = outbound.events.parse(JSON.parse(body.toString()));
    if (event) await knock(() => recordEvent(event));
    return true;
  };
}
