import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { loadConfig } from '../../src/infra/config.ts';
import {
  type Engine,
  type EngineName,
  EngineError,
  mongodbUri,
  nextFreePort,
  obtainEngines,
  S3_KEYS,
  startMongodb,
  startS3,
  startTemporal,
} from '../../dev/engines/index.ts';
import { running } from './running.ts';

/**
 * Below the ports that the system gives to outgoing connections (32768 and up on Linux), one of which could be taken
 * before the engine listens; above those of test/support/stack.ts.
 */
const FIRST_PORT = 30_000 + Math.floor(Math.random() * 2_000);

/**
 * Brings up the engines for the whole run in a temporary folder, or takes those that the environment names. Tests find
 * them through TEST_… variables (support/engines.ts).
 */
export default async function globalSetup(): Promise<void> {
  try {
    await bringUp();
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

async function bringUp(): Promise<void> {
  const config = loadConfig();
  const { mongodbUri: mongodb, temporal, storage } = config;
  const place = {
    cacheDir: config.cacheDir,
    env: process.env,
    say: (line: string) => process.stderr.write(`${line}\n`),
  };
  const wanted: EngineName[] = ['timeSkipping'];
  if (!temporal.address) wanted.push('temporal');
  if (!mongodb) wanted.push('mongodb');
  if (!storage.s3Endpoint) wanted.push('s3');
  const obtained = await obtainEngines(wanted, place, config.mongodBinary);

  const taken = new Set<number>();
  const dataDir = mkdtempSync(path.join(os.tmpdir(), 'postroom-test-'));
  running.dataDir = dataDir;
  const { cached } = mongodb ? { cached: null } : obtained.mongodb;
  running.standIn = cached?.standIn ? cached.folder : null;
  const started = async (start: (port: number) => Promise<Engine>): Promise<number> => {
    const port = await nextFreePort(FIRST_PORT, taken);
    running.engines.push(await start(port));
    return port;
  };
  const [temporalAddress, mongoUri, s3Endpoint] = await Promise.all([
    temporal.address ??
      started((port) =>
        startTemporal({ ...obtained.temporal, port, uiPort: null, namespace: 'default', dataDir }),
      ).then((port) => `127.0.0.1:${port}`),
    mongodb ?? started((port) => startMongodb({ ...obtained.mongodb, port, dataDir })).then(mongodbUri),
    storage.s3Endpoint ??
      started((port) => startS3({ ...obtained.s3, port, dataDir })).then(
        (port) => `http://127.0.0.1:${port}`,
      ),
  ]);
  Object.assign(process.env, {
    TEST_DATA_DIR: dataDir,
    TEST_TEMPORAL_ADDRESS: temporalAddress,
    TEST_MONGODB_URI: mongoUri,
    TEST_S3_ENDPOINT: s3Endpoint,
    TEST_S3_ACCESS_KEY_ID: process.env.AWS_ACCESS_KEY_ID ?? S3_KEYS.accessKeyId,
    TEST_S3_SECRET_ACCESS_KEY: process.env.AWS_SECRET_ACCESS_KEY ?? S3_KEYS.secretAccessKey,
    TEST_TIME_SKIPPING_SERVER: obtained.timeSkipping.run,
  });
}
