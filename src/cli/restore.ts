/**
 * `npm run restore -- DIR [--replace]`
 *
 * Restores a backup (`npm run backup`) into the database of MONGODB_URI and the archive of STORAGE_URL, while
 * web and worker are stopped. A database that is not empty is refused, unless `--replace` says that all in it
 * goes. What is in the archive and not in the backup stays: mail that came since is processed again.
 *
 * `npm run restore -- --mark 2026-11-30T08:00:00Z`
 *
 * For a database that other tools have set back to this moment (mongorestore, Atlas): only marks it, so that
 * nothing that happened since is done twice. docs/backup.md walks through both.
 */
import path from 'node:path';
import { parseArgs } from 'node:util';
import { markRestore } from '../core/restore/markRestore.ts';
import { countMailsSince, markEventsSince } from '../infra/archive/since.ts';
import { loadArchive } from '../infra/backup/archive.ts';
import { dropAll, isEmpty, loadCollection, MIGRATIONS } from '../infra/backup/database.ts';
import { checkFiles, readManifest, type Manifest } from '../infra/backup/manifest.ts';
import { MIGRATIONS as KNOWN } from '../infra/migrations/all.ts';
import { migrate, missingMigrations } from '../infra/migrations/migrate.ts';
import type { Models } from '../infra/models/index.ts';
import { createOutbound, createProviders } from '../infra/providers/index.ts';
import { createStorage } from '../infra/storage/createStorage.ts';
import type { Storage } from '../infra/storage/storage.ts';
import { installation, operate, OperatorError } from './operator.ts';
import { whatRuns } from './whatRuns.ts';

const USAGE = 'npm run restore -- DIR [--replace], or npm run restore -- --mark 2026-11-30T08:00:00Z';

type Wanted = { folder: string; replace: boolean } | { mark: Date };

/** @throws OperatorError */
function readArguments(): Wanted {
  try {
    const { values, positionals } = parseArgs({
      options: { replace: { type: 'boolean' }, mark: { type: 'string' } },
      allowPositionals: true,
    });
    const [folder, ...more] = positionals;
    if (values.mark !== undefined) {
      const mark = new Date(values.mark);
      if (Number.isNaN(mark.getTime())) throw new Error(`not a time: ${values.mark}`);
      if (folder !== undefined || values.replace) throw new Error('--mark stands alone.');
      return { mark };
    }
    if (folder === undefined || more.length > 0) throw new Error('It takes one folder.');
    return { folder: path.resolve(folder), replace: values.replace === true };
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`);
  }
}

/** @throws OperatorError, BackupError */
async function completeBackup(folder: string): Promise<Manifest> {
  const manifest = await readManifest(folder);
  if (!manifest) throw new OperatorError(`${folder} holds no complete backup: it has no manifest.json.`);
  const unknown = manifest.migrations.filter((name) => !KNOWN.some((known) => known.name === name));
  if (unknown.length > 0)
    throw new OperatorError(
      `The backup was made by a later version of Postroom (${manifest.version}), whose migrations this one ` +
        `does not know: ${unknown.join(', ')}. Restore it with that version.`,
    );
  await checkFiles(folder, manifest);
  return manifest;
}

/**
 * Everything but the record of migrations, for which web and worker wait. Indexes are made by the migrations
 * that the backup had.
 */
async function loadDatabase(models: Models, folder: string, manifest: Manifest): Promise<void> {
  const db = models.connection.db!;
  await dropAll(db);
  const migrations = KNOWN.filter(({ name }) => manifest.migrations.includes(name));
  await migrate(models.connection, () => undefined, { migrations });
  await db.collection(MIGRATIONS).deleteMany({});
  for (const [name, { count }] of Object.entries(manifest.collections)) {
    if (name === MIGRATIONS) continue;
    const leftOut = await loadCollection(db, name, folder);
    console.log(`${name}: ${count - leftOut} rows${leftOut > 0 ? `, ${leftOut} twice and left out` : ''}`);
  }
}

async function lastNumbersIn({ Workspace }: Models): Promise<Map<string, number>> {
  const rows = await Workspace.find({}, { last_ticket_number: 1 }).lean();
  return new Map(rows.map(({ _id, last_ticket_number }) => [_id, last_ticket_number]));
}

async function mark(
  models: Models,
  storage: Storage,
  backupAt: Date,
  lastNumbers?: Map<string, number>,
): Promise<void> {
  const config = installation();
  const restoredAt = new Date();
  const mailsSince = await countMailsSince(storage, createProviders(config).keys(), backupAt);
  const { lookedUp, processedAgain } = await markRestore(models, {
    backupAt,
    restoredAt,
    mailsSince,
    ...(lastNumbers && { lastNumbers }),
  });
  const events = await markEventsSince(storage, createOutbound(config).name, backupAt);
  console.log(
    `Marked as set back to ${backupAt.toISOString()}:\n` +
      `  ${lookedUp} replies are looked up at the provider before they are sent again\n` +
      `  ${mailsSince} posts in the archive are younger, and ${processedAgain} mails were being processed: ` +
      'they are processed when web starts\n' +
      `  ${events} delivery events are read again\n` +
      '  ticket numbers go on higher than any that was given, and everybody signs in again',
  );
}

async function restore(models: Models, storage: Storage, wanted: { folder: string; replace: boolean }) {
  const { folder, replace } = wanted;
  const manifest = await completeBackup(folder);
  const db = models.connection.db!;
  if (!replace && !(await isEmpty(db)))
    throw new OperatorError(
      `The database ${db.databaseName} is not empty. Restore into an empty one, or add --replace: then all ` +
        'that is in it goes.',
    );
  console.log(`archive: ${await loadArchive(storage, folder)} objects put back`);
  const lastNumbers = await lastNumbersIn(models);
  await loadDatabase(models, folder, manifest);
  await mark(models, storage, new Date(manifest.started_at), lastNumbers);
  // From now on web and worker may start.
  await loadCollection(db, MIGRATIONS, folder);
  const missing = await missingMigrations(models.connection);
  const secrets = Object.entries(manifest.secrets_needed).map(([name, why]) => `  ${name}: ${why}`);
  console.log(`\nRestored. It needs the same values as before of:\n${secrets.join('\n')}`);
  if (missing.length > 0) console.log(`This version has more migrations: run \`npm run migrate\` now.`);
  console.log('Start web and worker. Temporal may be as it is, restored or empty.');
}

await operate(async (models) => {
  const wanted = readArguments();
  const running = await whatRuns(models, installation());
  if (running) throw new OperatorError(`${running} Stop web and worker first, all of them.`);
  const storage = await createStorage(installation().storage);
  await ('mark' in wanted ? mark(models, storage, wanted.mark) : restore(models, storage, wanted));
});
