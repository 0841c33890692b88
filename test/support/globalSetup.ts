import { existsSync, mkdtempSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { loadConfig } from '../../src/infra/config.ts';
import {
  type Engine,
  mongodbUri,
  nextFreePort,
  obtainEngines,
  S3_KEYS,
  startMongodb,
  startS3,
  startTemporal,
} from '../../dev/engines/index.ts';
import { startBroker } from './broker.ts';
import { running } from './running.ts';
import { isAlive } from '../../src/lib/isAlive.ts';

/**
 * Below the ports that the system gives to outgoing connections (32768 and up on Linux), one of which could
 * be taken before the engine listens; above those of test/support/stack.ts.
 */
const FIRST_PORT = 30_000 + Math.floor(Math.random() * 2_000);

/** A folder in memory (Linux), where a flush to disk costs microseconds: the engines flush at each commit. */
const MEMORY = '/dev/shm';
/** What a run may need there, with plenty to spare (bytes). */
const ROOM = 2 * 1024 ** 3;

/**
 * Makes the engines of a run ready to be started, each when a test file first imports its module (mongodb.ts,
 * temporal.ts, s3.ts, skippingWorld.ts). Those that the environment names are taken instead. Their data is in
 * memory where that has room.
 */
export default async function globalSetup(): Promise<void> {
  await setUp(hasRoom(MEMORY) ? MEMORY : os.tmpdir());
}

/** @param parent where the folder of the engines' data is made */
export async function setUp(parent: string): Promise<void> {
  const config = loadConfig();
  const { mongodbUri: mongodb, temporal, storage } = config;
  const place = {
    cacheDir: config.cacheDir,
    env: process.env,
    say: (line: string) => process.stderr.write(`${line}\n`),
  };
  const taken = new Set<number>();
  const ownFolder = newFolder(os.tmpdir());
  const dataDir = newFolder(parent);
  const start = async (engine: (port: number) => Promise<Engine>): Promise<number> => {
    const port = await nextFreePort(FIRST_PORT, taken);
    running.engines.push(await engine(port));
    return port;
  };
  running.broker = await startBroker({
    async mongodb() {
      if (mongodb) return mongodb;
      const obtained = await obtainEngines(['mongodb'], place, {
        mongodBinary: config.mongodBinary,
        fast: true,
      });
      const { cached } = obtained.mongodb;
      running.standIn = cached?.standIn ? cached.folder : null;
      return mongodbUri(await start((port) => startMongodb({ ...obtained.mongodb, port, dataDir })));
    },
    async temporal() {
      if (temporal.address) return temporal.address;
      const obtained = await obtainEngines(['temporal'], place);
      const port = await start((free) =>
        startTemporal({ ...obtained.temporal, port: free, uiPort: null, namespace: 'default', dataDir }),
      );
      return `127.0.0.1:${port}`;
    },
    async s3() {
      if (storage.s3Endpoint)
        return {
          endpoint: storage.s3Endpoint,
          accessKeyId: process.env.AWS_ACCESS_KEY_ID ?? S3_KEYS.accessKeyId,
          secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY ?? S3_KEYS.secretAccessKey,
        };
      const obtained = await obtainEngines(['s3'], place);
      const port = await start((free) =>
        startS3({ ...obtained.s3, port: free, taken, dataDir, env: process.env }),
      );
      // Our own server has our keys, whatever keys of AWS the developer's shell has.
      return { endpoint: `http://127.0.0.1:${port}`, ...S3_KEYS };
    },
    async timeSkipping() {
      const { timeSkipping } = await obtainEngines(['timeSkipping'], place);
      // Java's logging library complains at each start.
      const quiet = path.join(ownFolder, 'time-skipping-server');
      writeFileSync(quiet, `#!/bin/sh\nexec '${timeSkipping.run}' "$@" 2>'${quiet}.log'\n`, { mode: 0o755 });
      return quiet;
    },
  });
  Object.assign(process.env, {
    // The warning that a later version of the SDK needs a newer Node: docs/engines.md says which version is pinned.
    AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    TEST_DATA_DIR: ownFolder,
    TEST_STORAGE_DIR: dataDir,
    TEST_ENGINES_URL: running.broker.url,
  });
}

/** A folder of this run; those of earlier runs that were killed go. */
function newFolder(parent: string): string {
  for (const name of readdirSync(parent)) {
    const pid = /^postroom-test-(\d+)-/.exec(name)?.[1];
    if (pid && !isAlive(Number(pid))) rmSync(path.join(parent, name), { recursive: true, force: true });
  }
  const folder = mkdtempSync(path.join(parent, `postroom-test-${process.pid}-`));
  running.folders.push(folder);
  return folder;
}

function hasRoom(folder: string): boolean {
  if (!existsSync(folder)) return false;
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize > ROOM;
}
