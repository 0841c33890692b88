import { heartbeat } from '@temporalio/activity';
import {
  eventDayFolder,
  eventIdOfKey,
  eventIdOfMark,
  eventMarksFolder,
  eventsFolder,
} from '../../src/infra/archive/keys.ts';
import type { Deps } from '../deps.ts';
import { DAY_MS } from '../../src/lib/time.ts';

/**
 * Deletes delivery events that were posted more than `RETENTION_DAYS` ago; their messages have what they
 * said. An event with a mark stays, because it is not written to its message yet. @returns how many
 */
export async function deleteOldEvents(deps: Deps): Promise<{ events: number }> {
  const { storage, outbound, retentionDays, now } = deps;
  const waiting = new Set<string>();
  for await (const mark of storage.list(eventMarksFolder(outbound.name)))
    waiting.add(eventIdOfMark(mark.slice(mark.lastIndexOf('/') + 1)));
  const before = eventDayFolder(outbound.name, new Date(now().getTime() - retentionDays * DAY_MS));
  let events = 0;
  // Oldest first, and marks after all days.
  for await (const key of storage.list(eventsFolder(outbound.name))) {
    if (key >= before) break;
    if (waiting.has(eventIdOfKey(key))) continue;
    await storage.delete(key);
    events += 1;
    heartbeat();
  }
  return { events };
}
