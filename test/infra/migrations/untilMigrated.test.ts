import { pino } from 'pino';
import { connect, newConnection } from '../../../src/infra/database.ts';
import { MIGRATIONS } from '../../../src/infra/migrations/all.ts';
import { migrate } from '../../../src/infra/migrations/migrate.ts';
import { untilMigrated, warnOfMissingMigrations } from '../../../src/infra/migrations/untilMigrated.ts';
import { freshDatabaseUri } from '../../support/mongodb.ts';
import { startStack, type Stack } from '../../support/stack.ts';
import { until } from '../../support/until.ts';

const NAMES = MIGRATIONS.map(({ name }) => name);

/** A logger that keeps its lines. */
function keepingLog() {
  const lines: Record<string, unknown>[] = [];
  return { lines, log: pino({}, { write: (line: string) => lines.push(JSON.parse(line)) }) };
}

const connection = newConnection();
beforeAll(() => connect(connection, freshDatabaseUri()));
afterAll(() => connection.close());

test('a process that must not wait logs what is missing, and the command', async () => {
  const { lines, log } = keepingLog();
  await warnOfMissingMigrations(connection, log);
  expect(lines).toMatchObject([
    { level: 40, missing: NAMES, msg: expect.stringContaining('`npm run migrate`') },
  ]);
});

test('a process that waits can be stopped meanwhile', async () => {
  const { lines, log } = keepingLog();
  const stopping = new AbortController();
  const waiting = untilMigrated(connection, { log, signal: stopping.signal, askEveryMs: 10 });
  await until('it to say so', () => lines.length > 0);
  stopping.abort();
  await expect(waiting).rejects.toThrow('abort');
});

test('it says once what it waits for, and goes on when that is applied', async () => {
  const { lines, log } = keepingLog();
  const { signal } = new AbortController();
  const waiting = untilMigrated(connection, { log, signal, askEveryMs: 10 });
  await until('it to say so', () => lines.length > 0);
  await migrate(connection, () => undefined);
  await waiting;
  expect(lines).toMatchObject([
    { missing: NAMES, msg: expect.stringContaining('`npm run migrate`') },
    { msg: 'all migrations are applied; going on' },
  ]);
  await warnOfMissingMigrations(connection, log);
  await untilMigrated(connection, { log, signal });
  expect(lines).toHaveLength(2);
});

describe('the processes', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ processes: [] });
    await stack.models.connection.db!.collection('migrations').deleteMany({});
  });
  afterAll(() => stack.close());
  const warnings = () => stack.said().split('migrations are missing').length - 1;

  test('web takes mail without its migrations, and says which are missing', async () => {
    await stack.startWeb();
    await until('web to say so', () => warnings() === 1);
    expect(stack.said()).toContain(`"missing":${JSON.stringify(NAMES)}`);
    const { deliveries } = await stack.sandbox.receive({
      from: 'ann@client.test',
      to: [stack.at('support')],
      text: 'Is anybody there?',
    });
    expect(deliveries[0]).toMatchObject({ outcome: 'accepted' });
  });

  test('the worker waits until they are applied, then does its work', async () => {
    const starting = stack.startWorker();
    await until('the worker to say so', () => warnings() === 2);
    expect(await stack.models.Message.countDocuments()).toBe(0);
    await migrate(stack.models.connection, () => undefined);
    await starting;
    await until('the mail', async () => (await stack.models.Message.countDocuments()) === 1);
  });
});
