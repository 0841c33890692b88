import { chmodSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { loadConfig } from '../../../src/infra/config.ts';
import { connect, newConnection, UnsuitableDatabase } from '../../../src/infra/database.ts';
import { startChild } from '../../../dev/engines/child.ts';
import { mongodbUri, obtainEngines, startMongodb, type Engine } from '../../../dev/engines/index.ts';
import { answers } from '../../../dev/engines/ports.ts';
import { lastingPort } from '../../support/ports.ts';
import { mongoUri } from '../../support/mongodb.ts';
import { until } from './fakes.ts';

const dir = mkdtempSync(path.join(os.tmpdir(), 'postroom-mongodb-'));
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

/** The stand-in, which can play a standalone server too. */
async function standIn() {
  const { cacheDir } = loadConfig();
  const place = { cacheDir, env: process.env, say: () => {} };
  return (await obtainEngines(['mongodb'] as const, place)).mongodb;
}
const kept = (engine: Engine): Engine => {
  stops.push(() => engine.child.stop());
  return engine;
};

test('a replica set is taken', async () => {
  const connection = newConnection();
  stops.push(() => connection.close());
  await connect(connection, mongoUri());
  expect(connection.readyState).toBe(1);
});

test('a standalone server is refused, with what to do', async () => {
  const { run } = await standIn();
  const port = await lastingPort();
  const args = ['--port', String(port), '--storage-path', path.join(dir, 'standalone'), '--standalone'];
  const child = startChild({ command: run, args, logFile: path.join(dir, 'standalone.log') });
  stops.push(() => child.stop());
  await until('it answers', () => answers(port));
  const connection = newConnection();
  const refused = connect(connection, mongodbUri(port));
  await expect(refused).rejects.toThrow(UnsuitableDatabase);
  await expect(refused).rejects.toThrow(
    'Start it with `mongod --replSet rs0`, then run `rs.initiate()` once in mongosh.',
  );
  expect(connection.readyState).toBe(0);
});

test('data stays when the server is killed with -9 and started again on another port', async () => {
  const obtained = await standIn();
  const options = { ...obtained, dataDir: path.join(dir, 'kept') };
  const first = await lastingPort();
  const engine = await startMongodb({ ...options, port: first });
  const connection = newConnection();
  await connect(connection, mongodbUri(first));
  await connection.db!.collection<{ _id: string }>('things').insertOne({ _id: 'kept' });
  await connection.close();
  process.kill(-engine.child.pid, 'SIGKILL');
  await engine.child.exited;

  const second = await lastingPort();
  kept(await startMongodb({ ...options, port: second }));
  const again = newConnection();
  stops.push(() => again.close());
  await connect(again, mongodbUri(second));
  expect(await again.db!.collection<{ _id: string }>('things').findOne({ _id: 'kept' })).toEqual({
    _id: 'kept',
  });
});

test('a mongod is started as a replica set of one', async () => {
  const { run } = await standIn();
  // A mongod that the stand-in plays, and that notes how it was called.
  const mongod = path.join(dir, 'mongod');
  const script = `#!/bin/sh\necho "$@" > ${dir}/arguments\nexec ${run} --port "$6" --storage-path "$9"\n`;
  writeFileSync(mongod, script);
  chmodSync(mongod, 0o755);
  const port = await lastingPort();
  kept(await startMongodb({ run: mongod, cached: null, port, dataDir: path.join(dir, 'real') }));
  expect(readFileSync(path.join(dir, 'arguments'), 'utf8').trim()).toBe(
    `--replSet rs0 --bind_ip 127.0.0.1 --port ${port} --quiet --dbpath ${dir}/real/mongod`,
  );
});

test('a server that does not start is a sentence with its last line', async () => {
  const broken = path.join(dir, 'broken');
  writeFileSync(broken, '#!/bin/sh\necho "libcurl.so.4: cannot open shared object file" >&2\nexit 127\n');
  chmodSync(broken, 0o755);
  const start = startMongodb({
    run: broken,
    cached: null,
    port: await lastingPort(),
    dataDir: path.join(dir, 'b'),
  });
  await expect(start).rejects.toThrow(
    'MongoDB ended with exit code 127 when it was started: libcurl.so.4: cannot open shared object file. ' +
      `The whole log is in ${dir}/b/mongodb.log.`,
  );
});
