import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import type { Logger } from 'pino';
import { withJitter } from '../../lib/backOff.ts';
import { missingMigrations } from './migrate.ts';

/** In the image there is no npm script: it runs the compiled file. */
const COMMAND = '`npm run migrate` (in the image: `node dist/src/cli/migrate.js`)';
/** How often the database is asked (ms). */
const ASK_EVERY_MS = 1_000;
/** How often a process that waits says so (ms). */
const SAY_EVERY_MS = 30_000;

interface Waiting {
  log: Logger;
  signal: AbortSignal;
  askEveryMs?: number;
}

/**
 * Waits until every migration is applied: without its unique indexes, a database takes rows twice. While some
 * are missing it logs their names and the command. Waits while MongoDB is away, too.
 * @throws when `signal` is aborted
 */
export async function untilMigrated(
  connection: Connection,
  { log, signal, askEveryMs = ASK_EVERY_MS }: Waiting,
): Promise<void> {
  for (let saidAt: number | null = null; ;) {
    signal.throwIfAborted();
    const missing = await missingMigrations(connection).catch(() => null);
    if (missing?.length === 0) {
      if (saidAt !== null) log.info('all migrations are applied; going on');
      return;
    }
    if (missing && (saidAt === null || Date.now() - saidAt >= SAY_EVERY_MS)) {
      saidAt = Date.now();
      log.warn(
        { missing },
        `migrations are missing: run ${COMMAND}; this process waits until they are applied`,
      );
    }
    await sleep(withJitter(askEveryMs));
  }
}

/** Logs which migrations are missing, and the command; for a process that must not wait. Never rejects. */
export async function warnOfMissingMigrations(connection: Connection, log: Logger): Promise<void> {
  const missing = await missingMigrations(connection).catch(() => []);
  if (missing.length > 0)
    log.warn({ missing }, `migrations are missing: run ${COMMAND}; until then the API may store rows twice`);
}
