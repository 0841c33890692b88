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
 * Deletes posted delivery events that are older than `RETENTION_DAYS`; their messages hold what they
 * reported. An event that still has a mark has not been written to its message yet, and stays.
 * @returns how many it deleted
 */
export async function deleteOldEvents(deps: Deps): Promise<{ events: number }> {
  const { storage, outbound, retentionDays, now } = deps;
  const marked = new Set<string>();
  for await (const mark of storage.list(eventMarksFolder(outbound.name)))
    marked.add(eventIdOfMark(mark.slice(mark.lastIndexOf('/') + 1)));
  const before = eventDayFolder(outbound.name, new Date(now().getTime() - retentionDays * DAY_MS));
  let events = 0;
  // Keys come in name order: the days from the oldest on, then the marks.
  for await (const key of storage.list(eventsFolder(outbound.name))) {
    if (key >= before) break;
    if (marked.has(eventIdOfKey(key))) continue;
    await storage.delete(key);
    events += 1;
    heartbeat();
  }
  return { events };
}
