import type { Storage } from '../storage/storage.ts';
import type { SpooledBytes } from '../http/spooledBytes.ts';

/** Each mostly waits, but needs an open file or socket. */
const AT_ONCE = 8;

/**
 * Puts the objects of a post into the archive. When one fails, all are deleted, because no payload names them
 * yet.
 */
export async function placeObjects(
  storage: Storage,
  objects: readonly { key: string; bytes: SpooledBytes }[],
): Promise<void> {
  const waiting = [...objects];
  const placed: string[] = [];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      await next.bytes.place(storage, next.key);
      placed.push(next.key);
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(AT_ONCE, waiting.length) }, work));
  const failure = results.find((result) => result.status === 'rejected');
  if (!failure) return;
  await Promise.allSettled(placed.map((key) => storage.delete(key)));
  throw failure.reason;
}
