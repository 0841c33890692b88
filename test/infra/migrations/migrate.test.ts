import { readdir } from 'node:fs/promises';
import type { Connection } from 'mongoose';
import { connect, newConnection } from '../../../src/infra/database.ts';
import { MIGRATIONS } from '../../../src/infra/migrations/all.ts';
import { migrate, migrationStatus, missingMigrations } from '../../../src/infra/migrations/migrate.ts';
import { MigrationError, type Migration } from '../../../src/infra/migrations/migration.ts';
import type { MigrationRow } from '../../../src/infra/migrations/records.ts';
import { createIndexes, createModels } from '../../../src/infra/models/index.ts';
import { freshDatabaseUri } from '../../support/mongodb.ts';
import { until } from '../../support/until.ts';

const NAMES = MIGRATIONS.map(({ name }) => name);
const silent = () => undefined;
const open: Connection[] = [];
afterAll(() => Promise.all(open.map((connection) => connection.close())));

/** A connection as each process has one of its own. */
async function connection(uri = freshDatabaseUri()): Promise<Connection> {
  const opened = newConnection();
  open.push(opened);
  await connect(opened, uri);
  return opened;
}

const rowsOf = (database: Connection) =>
  database.db!.collection<MigrationRow>('migrations').find().sort({ _id: 1 }).toArray();

/** A migration that notes each of its runs. */
const noting = (name: string, runs: string[], up: Migration['up'] = async () => undefined): Migration => ({
  name,
  async up(db, signal) {
    runs.push(name);
    await up(db, signal);
  },
});

/** What the server adds to an index, or need not keep. */
const NOT_DECLARED = ['v', 'ns', 'background'];

/** Every index by collection, as text. */
async function indexesOf(database: Connection): Promise<Record<string, string[]>> {
  const models = createModels(database).connection;
  const entries = models.modelNames().map(async (name) => {
    const { collection } = models.model(name);
    const indexes = await collection.indexes().catch(() => []);
    const declared = indexes.map((index) =>
      Object.entries(index)
        .filter(([field]) => !NOT_DECLARED.includes(field))
        .sort(),
    );
    return [collection.name, declared.map((index) => JSON.stringify(index)).sort()] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

test('a migrated database has the indexes that the models declare, and no others', async () => {
  const [migrated, declared] = await Promise.all([connection(), connection()]);
  await migrate(migrated, silent);
  await createIndexes(createModels(declared));
  const expected = await indexesOf(declared);
  expect(Object.values(expected).flat().length).toBeGreaterThan(60);
  // An index that differs: write a migration that makes it (docs/migrations.md).
  expect(await indexesOf(migrated)).toEqual(expected);
});

test.each([
  ['options', { key: { expires_at: 1 }, expireAfterSeconds: 60 }],
  ['key', { key: { user_id: 1 }, name: 'expires_at_1' }],
] as const)('an index that exists with another %s is named, with what to do', async (_, index) => {
  const database = await connection();
  await database.collection('sessions').createIndexes([index]);
  const migrating = migrate(database, silent);
  await expect(migrating).rejects.toThrow(MigrationError);
  await expect(migrating).rejects.toThrow(
    /^0001-initial-indexes failed: the index expires_at_1 of sessions is .*db\.sessions\.dropIndex\("expires_at_1"\)/,
  );
  await database.collection('sessions').dropIndex('expires_at_1');
  expect(await migrate(database, silent)).toEqual(NAMES);
});

test('every file of a migration is in the list, under its own name, and the numbers have no gap', async () => {
  const folder = new URL('../../../src/infra/migrations/', import.meta.url);
  const files = (await readdir(folder)).filter((file) => /^\d/.test(file)).sort();
  expect(NAMES.map((name) => `${name}.ts`)).toEqual(files);
  expect(NAMES.map((name) => Number(/^(\d{4})-[a-z0-9-]+$/.exec(name)?.[1]))).toEqual(
    NAMES.map((_, index) => index + 1),
  );
});

test('an empty database lacks every migration; after migrate it lacks none, and each is recorded', async () => {
  const database = await connection();
  expect(await missingMigrations(database)).toEqual(NAMES);
  expect(await migrationStatus(database)).toEqual(
    NAMES.map((name) => ({ name, state: 'missing', at: null })),
  );

  const lines: string[] = [];
  const before = new Date();
  expect(await migrate(database, (line) => lines.push(line))).toEqual(NAMES);
  expect(lines[0]).toBe('0001-initial-indexes: started');
  expect(lines[1]).toMatch(/^0001-initial-indexes: finished in \d+\.\d s$/);
  expect(await missingMigrations(database)).toEqual([]);
  for (const row of await rowsOf(database)) {
    expect(row.name).toBe(row._id);
    expect(row.started_at.getTime()).toBeGreaterThanOrEqual(before.getTime());
    expect(row.finished_at!.getTime()).toBeGreaterThanOrEqual(row.started_at.getTime());
  }
});

test('a second call applies nothing', async () => {
  const database = await connection();
  await migrate(database, silent);
  const before = await rowsOf(database);
  const lines: string[] = [];
  expect(await migrate(database, (line) => lines.push(line))).toEqual([]);
  expect(lines).toEqual([]);
  expect(await rowsOf(database)).toEqual(before);
});

test('processes that migrate concurrently apply each migration once, in order, and all wait for its end', async () => {
  const uri = freshDatabaseUri();
  const runs: string[] = [];
  const finished: string[] = [];
  const slow = (name: string) =>
    noting(name, runs, async () => {
      await new Promise((resolve) => setTimeout(resolve, 100));
      finished.push(name);
    });
  const migrations = [slow('0001-a'), slow('0002-b'), slow('0003-c')];
  const processes = await Promise.all(Array.from({ length: 6 }, () => connection(uri)));
  const applied = await Promise.all(
    processes.map(async (database) => {
      const own = await migrate(database, silent, { migrations });
      expect(finished).toEqual(['0001-a', '0002-b', '0003-c']);
      return own;
    }),
  );
  expect(runs).toEqual(['0001-a', '0002-b', '0003-c']);
  expect(applied.flat().sort()).toEqual(['0001-a', '0002-b', '0003-c']);
});

test('the real migrations may run concurrently with themselves', async () => {
  const uri = freshDatabaseUri();
  const [first, second] = await Promise.all([connection(uri), connection(uri)]);
  const { signal } = new AbortController();
  for (const migration of MIGRATIONS)
    await Promise.all([first, second].map((database) => migration.up(database.db!, signal)));
  const declared = await connection();
  await createIndexes(createModels(declared));
  expect(await indexesOf(first)).toEqual(await indexesOf(declared));
});

test('a migration that fails stops those after it, and is run again from its beginning', async () => {
  const database = await connection();
  const runs: string[] = [];
  let isBroken = true;
  const migrations = [
    noting('0001-a', runs),
    noting('0002-b', runs, async () => {
      if (isBroken) throw new Error('half-way');
    }),
    noting('0003-c', runs),
  ];
  const failing = migrate(database, silent, { migrations });
  await expect(failing).rejects.toThrow(MigrationError);
  await expect(failing).rejects.toThrow('0002-b failed: half-way');
  expect(runs).toEqual(['0001-a', '0002-b']);
  expect(await missingMigrations(database, migrations)).toEqual(['0002-b', '0003-c']);

  isBroken = false;
  // With the usual lease of 30 s: a failure gives it up, so nothing is waited for.
  const startedAt = Date.now();
  expect(await migrate(database, silent, { migrations })).toEqual(['0002-b', '0003-c']);
  expect(Date.now() - startedAt).toBeLessThan(20_000);
  expect(runs).toEqual(['0001-a', '0002-b', '0002-b', '0003-c']);
});

test('when the process that applies a migration dies, another one takes over once its lease has ended', async () => {
  const database = await connection();
  const lease_until = new Date(Date.now() + 1_000);
  await database.db!.collection<MigrationRow>('migrations').insertOne({
    _id: '0001-a',
    name: '0001-a',
    started_at: new Date(),
    finished_at: null,
    holder: 'a process that was killed',
    lease_until,
  });
  const runs: string[] = [];
  const lines: string[] = [];
  const migrations = [
    noting('0001-a', runs, async () => expect(Date.now()).toBeGreaterThanOrEqual(lease_until.getTime())),
  ];
  expect(await migrate(database, (line) => lines.push(line), { migrations })).toEqual(['0001-a']);
  expect(runs).toEqual(['0001-a']);
  expect(lines[0]).toBe('0001-a: another process is applying it; waiting for that process.');
});

test('a migration that takes longer than its lease keeps it', async () => {
  const uri = freshDatabaseUri();
  const [first, second] = await Promise.all([connection(uri), connection(uri)]);
  const runs: string[] = [];
  const migrations = [noting('0001-a', runs, () => new Promise((resolve) => setTimeout(resolve, 4_000)))];
  const options = { migrations, leaseMs: 1_500 };
  await Promise.all([migrate(first, silent, options), migrate(second, silent, options)]);
  expect(runs).toEqual(['0001-a']);
});

test('a process that lost its lease stops, records nothing, and waits for its successor', async () => {
  const database = await connection();
  const runs: string[] = [];
  const lines: string[] = [];
  const migrations = [
    noting('0001-a', runs, (db, signal) => {
      const rows = db.collection<MigrationRow>('migrations');
      void rows.updateOne(
        { _id: '0001-a' },
        { $set: { holder: 'another process', lease_until: new Date(Date.now() + 60_000) } },
      );
      return new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('stopped'))));
    }),
  ];
  const waiting = migrate(database, (line) => lines.push(line), { migrations, leaseMs: 600 });
  await until('the process to wait', () => lines.some((line) => line.includes('waiting for that process')));
  expect((await rowsOf(database))[0]).toMatchObject({ holder: 'another process', finished_at: null });
  const rows = database.db!.collection<MigrationRow>('migrations');
  await rows.updateOne({ _id: '0001-a' }, { $set: { finished_at: new Date() } });
  expect(await waiting).toEqual([]);
  expect(runs).toEqual(['0001-a']);
});

test('a migration of a later version is shown as unknown', async () => {
  const database = await connection();
  await migrate(database, silent);
  await migrate(database, silent, { migrations: [noting('9999-later', [])] });
  const status = await migrationStatus(database);
  expect(status.map(({ name, state }) => [name, state])).toEqual([
    ...NAMES.map((name) => [name, 'finished']),
    ['9999-later', 'unknown'],
  ]);
  expect(await missingMigrations(database)).toEqual([]);
});
