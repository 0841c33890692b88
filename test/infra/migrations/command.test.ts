import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { connect, newConnection } from '../../../src/infra/database.ts';
import { MIGRATIONS } from '../../../src/infra/migrations/all.ts';
import { runCommand } from '../../support/command.ts';
import { freshDatabaseUri } from '../../support/mongodb.ts';

const NAMES = MIGRATIONS.map(({ name }) => name);
const connection = newConnection();
const uri = freshDatabaseUri();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'postroom-migrate-'));
  await connect(connection, uri);
});
afterAll(async () => {
  await connection.close();
  await rm(folder, { recursive: true });
});

/** Runs the command in an empty folder, without TEMPORAL_ADDRESS. */
const run = (args: string[] = [], env: Record<string, string> = { MONGODB_URI: uri }) =>
  runCommand('migrate', args, { cwd: folder, env });

test('--status names what is missing, and exits with 2', async () => {
  expect(await run(['--status'])).toEqual({
    code: 2,
    stdout:
      NAMES.map((name) => `${name}  missing\n`).join('') +
      `${NAMES.length} missing: apply them with \`npm run migrate\`.\n`,
    stderr: '',
  });
});

test('a failure is said with what is still missing, exits with 1, and leaves nothing to wait for', async () => {
  const users = connection.db!.collection<{ _id: string; email: string }>('users');
  await users.insertMany([
    { _id: 'a', email: 'same@x.test' },
    { _id: 'b', email: 'same@x.test' },
  ]);
  const { code, stdout, stderr } = await run();
  expect([code, stdout]).toEqual([1, '0001-initial-indexes: started\n']);
  expect(stderr).toMatch(/^0001-initial-indexes failed: .*\n/);
  expect(stderr).toContain(`Still missing: ${NAMES.join(', ')}. Once`);
  expect((await run(['--status'])).stdout).toMatch(/^0001-initial-indexes {2}started 20.*Z\n/);
  await users.deleteOne({ _id: 'b' });
});

test('it applies what is missing and says so, exits with 0, and has nothing to do the next time', async () => {
  const { code, stdout } = await run();
  expect(code).toBe(0);
  const steps = stdout.replace(/ in .* s$/gm, '').split('\n');
  expect(steps).toEqual([
    ...NAMES.flatMap((name) => [`${name}: started`, `${name}: finished`]),
    `${NAMES.length} migrations applied, none left.`,
    '',
  ]);
  expect(await run()).toEqual({
    code: 0,
    stdout: `Nothing to do: all migrations (${NAMES.length}) are applied.\n`,
    stderr: '',
  });
  const status = await run(['--status']);
  expect([status.code, status.stdout]).toEqual([
    0,
    expect.stringMatching(/^0001-initial-indexes {2}finished 20.*Z\n[^]*All migrations are applied\.\n$/),
  ]);
});

test('what it cannot do is a sentence, and exits with 1', async () => {
  expect(await run([], {})).toMatchObject({ code: 1, stderr: expect.stringContaining('Set MONGODB_URI') });
  expect(await run(['--statis'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('npm run migrate [-- --status]'),
  });
});
