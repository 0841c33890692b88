/**
 * `npm run migrate [-- --status]`
 *
 * Applies the migrations that the database lacks, in order, and prints each. `--status` changes nothing and
 * prints which are applied. The database is the one of MONGODB_URI, else the one that `npm start` runs in
 * this folder.
 *
 * Exit codes: 0 all are applied; 1 it did not work (a sentence on stderr says why); 2 `--status`, and some
 * are missing.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import type { Connection } from 'mongoose';
import { ConfigError, loadConfig } from '../infra/config.ts';
import { connect, newConnection, UnsuitableDatabase } from '../infra/database.ts';
import { MIGRATIONS } from '../infra/migrations/all.ts';
import { migrate, migrationStatus, missingMigrations } from '../infra/migrations/migrate.ts';
import { MigrationError } from '../infra/migrations/migration.ts';
import { OperatorError } from './operator.ts';
import { readReady } from './ready.ts';

const USAGE = 'npm run migrate [-- --status]';
const EXIT_MISSING = 2;

/** @throws OperatorError */
function wantsStatus(): boolean {
  try {
    return parseArgs({ options: { status: { type: 'boolean' } } }).values.status === true;
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`);
  }
}

/** @throws OperatorError, ConfigError */
function databaseUri(): string {
  const uri = loadConfig().mongodbUri ?? readReady(path.resolve('.postroom'))?.mongodb_uri;
  if (!uri) throw new OperatorError('Set MONGODB_URI, or run `npm start` in this folder first.');
  return uri;
}

async function applyAll(connection: Connection): Promise<void> {
  try {
    const applied = await migrate(connection, (line) => console.log(line));
    const count = applied.length === 1 ? '1 migration' : `${applied.length} migrations`;
    if (applied.length > 0) console.log(`${count} applied, none left.`);
    else console.log(`Nothing to do: all migrations (${MIGRATIONS.length}) are applied.`);
  } catch (error) {
    if (!(error instanceof MigrationError)) throw error;
    const left = await missingMigrations(connection);
    throw new OperatorError(
      `${error.message}\nStill missing: ${left.join(', ')}. Once the cause is removed, run the command ` +
        'again.',
    );
  }
}

async function printStatus(connection: Connection): Promise<void> {
  const status = await migrationStatus(connection);
  for (const { name, state, at } of status)
    console.log(`${name}  ${state}${at ? ` ${at.toISOString()}` : ''}`);
  const missing = status.filter(({ state }) => state === 'missing' || state === 'started').length;
  console.log(
    missing === 0
      ? 'All migrations are applied.'
      : `${missing} missing: apply them with \`npm run migrate\`.`,
  );
  if (missing > 0) process.exitCode = EXIT_MISSING;
}

const connection = newConnection();
try {
  const isStatus = wantsStatus();
  await connect(connection, databaseUri());
  await (isStatus ? printStatus(connection) : applyAll(connection));
} catch (error) {
  const isSentence = [OperatorError, ConfigError, UnsuitableDatabase].some((kind) => error instanceof kind);
  console.error(isSentence ? (error as Error).message : `It did not work: ${(error as Error).message}`);
  process.exitCode = 1;
} finally {
  await connection.close();
}
