import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { HOUR_MS } from '../../lib/time.ts';

const LEFT_OVER_AFTER_MS = HOUR_MS;

/**
 * Creates the spool folder, and deletes what dead processes left there. No request takes an hour, so a file
 * that was not changed for an hour belongs to none; a younger file may belong to another process.
 */
export async function openSpool(dir: string): Promise<void> {
  await mkdir(dir, { recursive: true });
  for (const name of await readdir(dir)) {
    const file = path.join(dir, name);
    const changedAt = await stat(file).then(
      ({ mtimeMs }) => mtimeMs,
      () => Infinity,
    );
    if (Date.now() - changedAt > LEFT_OVER_AFTER_MS) await rm(file, { force: true, recursive: true });
  }
}
