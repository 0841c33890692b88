import { newId } from '../../lib/ids.ts';
import { DAY_MS } from '../../lib/time.ts';
import type { Storage } from '../storage/storage.ts';
import {
  arrivalOf,
  dayFolder,
  eventDayFolder,
  eventIdOfKey,
  eventMarkId,
  eventMarksFolder,
  skippedKey,
} from './keys.ts';

const daysSince = (since: Date): Date[] => {
  const days: Date[] = [];
  for (let day = since.getTime() - (since.getTime() % DAY_MS); day <= Date.now(); day += DAY_MS)
    days.push(new Date(day));
  return days;
};

/** How many posts of mail arrived since then. One with many files may count more than once. */
export async function countMailsSince(
  storage: Storage,
  providers: Iterable<string>,
  since: Date,
): Promise<number> {
  let count = 0;
  for (const provider of providers)
    for (const incoming of daysSince(since).map((day) => dayFolder(provider, day)))
      for (const folder of [incoming, skippedKey(incoming)])
        for await (const key of storage.list(folder))
          if (key.endsWith('.json') && arrivalOf(key.slice(key.lastIndexOf('/') + 1)) >= since) count += 1;
  return count;
}

/**
 * Marks the delivery events of these days anew, so that they are written to their messages again.
 * @returns how many
 */
export async function markEventsSince(storage: Storage, provider: string, since: Date): Promise<number> {
  let count = 0;
  for (const day of daysSince(since)) {
    for await (const key of storage.list(eventDayFolder(provider, day))) {
      await storage.copy(key, eventMarksFolder(provider) + eventMarkId(newId(), eventIdOfKey(key)));
      count += 1;
    }
  }
  return count;
}
