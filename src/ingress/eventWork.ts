import type { Logger } from 'pino';
import { eventIdOfMark, eventKey, eventMarksFolder } from '../infra/archive/keys.ts';
import type { DeliveryEvent, OutboundProvider } from '../infra/providers/outbound.ts';
import type { Storage } from '../infra/storage/storage.ts';
import { type MarkTask, type Mark, MarkWork } from './marks.ts';

export interface EventWorkDeps {
  outbound: Pick<OutboundProvider, 'name' | 'events'>;
  storage: Storage;
  /**
   * Writes the event to its message; does nothing when there is none.
   * @throws anything when MongoDB is away.
   */
  recordEvent: (event: DeliveryEvent) => Promise<void>;
  log: Logger;
}

export interface EventWork {
  /** Writes the event to its message in the background, and then removes the mark. Never throws. */
  add(mark: Mark): void;
  /** As in `Starter`. */
  takeUpMarks(): void;
  oldestAge(): Promise<number>;
  close(): Promise<void>;
}

/**
 * Processes the marks of posted events: writes each event to its message. Idempotent; safe to run in several
 * processes.
 */
export function createEventWork(deps: EventWorkDeps): EventWork {
  const { outbound, storage, log } = deps;
  const marks = new MarkWork({
    providers: [outbound.name],
    folder: eventMarksFolder,
    taskOf: (mark) => recordTask(deps, mark),
    storage,
    log,
  });
  return {
    add: (mark) => marks.add(mark, recordTask(deps, mark)),
    takeUpMarks: () => marks.takeUpMarks(),
    oldestAge: () => marks.oldestAge(),
    close: () => marks.close(),
  };
}

function recordTask({ outbound, storage, recordEvent }: EventWorkDeps, { provider, id }: Mark): MarkTask {
  return async (guarded) => {
    const body = await storage.readAll(eventKey(provider, eventIdOfMark(id)));
    const event = outbound.events.parse(JSON.parse(body.toString()));
    if (event) await guarded(() => recordEvent(event));
    return true;
  };
}
