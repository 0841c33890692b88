import { setTimeout as sleep } from 'node:timers/promises';
import type { Connection } from 'mongoose';
import { MIGRATIONS } from './all.ts';
import { MigrationError, type Migration } from './migration.ts';
import { migrationRecords, type MigrationRecords } from './records.ts';

/** A process that does not renew its lease for this long is dead, and another one continues (ms). */
const LEASE_MS = 30_000;
/** How often a process asks whether the holder of a migration has finished, or died (ms). */
const ASK_EVERY_MS = 250;

export interface MigrateOptions {
  /** All of them by default. */
  migrations?: readonly Migration[];
  leaseMs?: number;
}

/**
 * Applies every migration that is missing, in order. Idempotent, and safe to call concurrently, in several
 * processes too: one applies a migration, and the others wait for it. Needs a connection without a time limit
 * for an answer.
 * @param say is given a line for each step, for a person
 * @returns the names of those that this call applied
 * @throws MigrationError when one fails: it and those after it are still missing
 */
export async function migrate(
  connection: Connection,
  say: (line: string) => void,
  { migrations = MIGRATIONS, leaseMs = LEASE_MS }: MigrateOptions = {},
): Promise<string[]> {
  const records = migrationRecords(connection, leaseMs);
  const missing = new Set(await missingMigrations(connection, migrations));
  const applied: string[] = [];
  for (const migration of migrations) {
    if (!missing.has(migration.name)) continue;
    if (await applyOrWait(migration, connection, { records, leaseMs, say })) applied.push(migration.name);
  }
  return applied;
}

/** Names of the migrations that the database lacks, in order; one that is being applied is among them. */
export async function missingMigrations(
  connection: Connection,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<string[]> {
  const rows = await migrationRecords(connection, LEASE_MS).all();
  const finished = new Set(rows.filter((row) => row.finished_at).map((row) => row.name));
  return migrations.map(({ name }) => name).filter((name) => !finished.has(name));
}

/** A migration as the database knows it. */
export interface MigrationStatus {
  name: string;
  /**
   * `started`: being applied, or left half-way. `unknown`: applied by a later version of Postroom than this
   * one.
   */
  state: 'finished' | 'started' | 'missing' | 'unknown';
  /** When it was finished or started. */
  at: Date | null;
}

/** Every migration, in order, and then those that only the database knows. */
export async function migrationStatus(connection: Connection): Promise<MigrationStatus[]> {
  const rows = new Map((await migrationRecords(connection, LEASE_MS).all()).map((row) => [row.name, row]));
  const known = MIGRATIONS.map(({ name }): MigrationStatus => {
    const row = rows.get(name);
    if (!row) return { name, state: 'missing', at: null };
    const state = row.finished_at ? 'finished' : 'started';
    return { name, state, at: row.finished_at ?? row.started_at };
  });
  const names = new Set(MIGRATIONS.map(({ name }) => name));
  const unknown = [...rows.values()].filter((row) => !names.has(row.name));
  return [...known, ...unknown.map(({ name, finished_at: at }) => ({ name, state: 'unknown' as const, at }))];
}

interface Applying {
  records: MigrationRecords;
  leaseMs: number;
  say: (line: string) => void;
}

/** @returns true when this call applied it; false when another process did. */
async function applyOrWait(
  migration: Migration,
  connection: Connection,
  { records, leaseMs, say }: Applying,
): Promise<boolean> {
  const { name } = migration;
  for (let isWaiting = false; ;) {
    const claim = await records.claim(name);
    if (claim === 'finished') return false;
    if (claim === 'ours') {
      if (await apply(migration, connection, { records, leaseMs, say })) return true;
    } else {
      if (!isWaiting) say(`${name}: another process is applying it; waiting for that process.`);
      isWaiting = true;
      await sleep(ASK_EVERY_MS);
    }
  }
}

/** @returns false when another process took the migration over meanwhile. */
async function apply(
  migration: Migration,
  connection: Connection,
  { records, leaseMs, say }: Applying,
): Promise<boolean> {
  const { name } = migration;
  const startedAt = Date.now();
  const lost = new AbortController();
  const renewing = setInterval(() => {
    // A renewal that fails is tried again; when none succeeds in time, the lease ends and another process
    // takes over.
    const renewal = records.renew(name).catch(() => true);
    void renewal.then((isOurs) => isOurs || lost.abort());
  }, leaseMs / 3);
  say(`${name}: started`);
  try {
    await migration.up(connection.db!, lost.signal);
    if (await records.finish(name)) {
      say(`${name}: finished in ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
      return true;
    }
  } catch (error) {
    if (!lost.signal.aborted) {
      await records.release(name).catch(() => undefined);
      throw new MigrationError(`${name} failed: ${(error as Error).message}`, { cause: error });
    }
  } finally {
    clearInterval(renewing);
  }
  say(`${name}: another process has taken over, since this one did not renew its lease in time`);
  return false;
}
