import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { HOUR_MS } from '../../lib/time.ts';

const LEFT_OVER_AFTER_MS = HOUR_MS;

/**
 * Makes the spool folder, and removes what dead processes left there. No request lives for an hour, so a file that was
 * not touched for one is nobody's; younger ones may be another process's.
 */
export async function openSpool(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) {
    const file = path.join(dir, name);
    const touched = await stat(file).then(
      (s) => s.mtimeMs,
      () => Infinity,
    );
    if (Date.now() - touched > LEFT_OVER_AFTER_MS) await rm(file, { force: true, recursive: true });
  }
}
