import { hash } from 'node:crypto';
import type { Logger } from 'pino';
import type { RecordEvent } from '../core/replies/recordDeliveryEvent.ts';
import { eventIdOfMark, eventKey, eventMarksFolder } from '../infra/archive/keys.ts';
import type { SignedPost } from '../infra/models/usedTokens.ts';
import type { OutboundProvider } from '../infra/providers/outbound.ts';
import type { Storage } from '../infra/storage/storage.ts';
import { createBreaker, type Breaker } from '../lib/breaker.ts';
import { hashToken } from '../lib/tokens.ts';
import { createMarkWork, oldestMarkAge, type Mark, type MarkTask } from './marks.ts';

export interface EventWorkDeps {
  outbound: Pick<OutboundProvider, 'name' | 'events'>;
  storage: Storage;
  /** As in infra/models/usedTokens.ts. @throws anything when MongoDB is away. */
  isReplay: (post: SignedPost) => Promise<boolean>;
  recordEvent: RecordEvent;
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
  const { outbound, storage, isReplay, recordEvent, log } = deps;
  return async () => {
    const raw = await storage.readAll(eventKey(provider, eventIdOfMark(id)));
    const body: unknown = JSON.parse(raw.toString());
    const event = outbound.events.parse(body);
    if (!event) return true;
    const token = outbound.events.token(body);
    const token_hash = token === null ? null : hashToken(token);
    return mongodb.call(async () => {
      if (!(await isReplay({ token_hash, content_hash: hash('sha256', raw, 'hex') })))
        return recordEvent(event);
      log.warn({ provider, event: event.id }, 'an event has the signature of another post, and is left out');
      return true;
    });
  };
}
