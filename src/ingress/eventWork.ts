import type { Logger } from 'pino';
import { eventIdOfMark, eventKey, eventMarksFolder } from '../infra/archive/keys.ts';
import type { DeliveryEvent, OutboundProvider } from '../infra/providers/outbound.ts';
import type { Storage } from '../infra/storage/storage.ts';
import { createBreaker, type Breaker } from '../lib/breaker.ts';
import { createMarkWork, oldestMarkAge, type Mark, type MarkTask } from './marks.ts';

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
  const store = { providers: [outbound.name], folder: eventMarksFolder, storage };
  const mongodb = createBreaker({ engine: 'MongoDB', log });
  const taskOf = (mark: Mark) => recordTask(deps, mongodb, mark);
  const marks = createMarkWork({ ...store, name: 'events', taskOf, log });
  return {
    add: (mark) => marks.add({ mark, group: '', task: taskOf(mark) }),
    takeUpMarks: () => marks.takeUp(),
    oldestAge: () => oldestMarkAge(store),
    close: () => marks.close(),
  };
}

function recordTask(deps: EventWorkDeps, mongodb: Breaker, { provider, id }: Mark): MarkTask {
  const { outbound, storage, recordEvent } = deps;
  return async () => {
    const body = await storage.readAll(eventKey(provider, eventIdOfMark(id)));
    const event = outbound.events.parse(JSON.parse(body.toString()));
    if (event) await mongodb.call(() => recordEvent(event));
    return true;
  };
}
