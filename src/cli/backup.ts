/**
 * `npm run backup -- DIR`
 *
 * Saves a running installation into an empty folder: the database, one file a collection, the archive, and a
 * manifest, written last. A backup that was broken off has no manifest, and `npm run restore` refuses it; the
 * same command goes on with it. docs/backup.md says what is not in it, and how to restore it.
 */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { saveArchive } from '../infra/backup/archive.ts';
import { keptCollections, saveCollection } from '../infra/backup/database.ts';
import { LEFT_OUT, readManifest, writeManifest, type Manifest } from '../infra/backup/manifest.ts';
import { missingMigrations, migrationStatus } from '../infra/migrations/migrate.ts';
import type { Models } from '../infra/models/index.ts';
import { SECRETS } from '../infra/variables.ts';
import { createStorage } from '../infra/storage/createStorage.ts';
import { installation, operate, OperatorError } from './operator.ts';

const USAGE = 'npm run backup -- DIR';

/** @throws OperatorError */
function folderArgument(): string {
  try {
    const { positionals } = parseArgs({ options: {}, allowPositionals: true });
    const [folder, ...more] = positionals;
    if (folder === undefined || more.length > 0) throw new Error('It takes one folder.');
    return path.resolve(folder);
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`);
  }
}

/** Of the nearest package.json: this file is also run compiled, some folders deeper. */
function ownVersion(folder = import.meta.dirname): string {
  const file = path.join(folder, 'package.json');
  if (!existsSync(file)) return ownVersion(path.dirname(folder));
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** @throws OperatorError */
async function appliedMigrations({ connection }: Models): Promise<string[]> {
  const missing = await missingMigrations(connection);
  if (missing.length > 0)
    throw new OperatorError(`Migrations are missing: run \`npm run migrate\` first (${missing.join(', ')}).`);
  return (await migrationStatus(connection)).map(({ name }) => name);
}

async function saveDatabase({ connection }: Models, folder: string): Promise<Manifest['collections']> {
  const db = connection.db!;
  const saved: Manifest['collections'] = {};
  for (const name of await keptCollections(db)) {
    saved[name] = await saveCollection(db, name, folder);
    console.log(`${name}: ${saved[name].count} rows`);
  }
  return saved;
}

await operate(async (models) => {
  const folder = folderArgument();
  if (await readManifest(folder))
    throw new OperatorError(`${folder} holds a backup already. Use a new folder.`);
  const storage = await createStorage(installation().storage);
  const started_at = new Date().toISOString();
  const migrations = await appliedMigrations(models);
  const collections = await saveDatabase(models, folder);
  // After the database: a row names objects that were stored before it.
  const archive = await saveArchive(storage, folder);
  console.log(`archive: ${archive.count} objects`);
  await writeManifest(folder, {
    format: 1,
    version: ownVersion(),
    started_at,
    finished_at: new Date().toISOString(),
    migrations,
    collections,
    archive,
    secrets_needed: SECRETS,
    left_out: LEFT_OUT,
  });
  const secrets = Object.entries(SECRETS).map(([name, why]) => `  ${name}: ${why}`);
  console.log(`\nThe backup of ${started_at} is complete in ${folder}.`);
  console.log(`It holds mail and addresses, in the clear: keep it as safe as the database.`);
  console.log(`Not in it, keep these apart from it:\n${secrets.join('\n')}`);
});
