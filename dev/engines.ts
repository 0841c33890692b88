import type { Config } from '../src/infra/config.ts';
import { connect, newConnection, UnsuitableDatabase } from '../src/infra/database.ts';
import {
  EngineError,
  keepRunsLongEnough,
  mongodbUri,
  nextFreePort,
  obtainEngines,
  S3_KEYS,
  startMongodb,
  startS3,
  startTemporal,
  type Engine,
  type EngineName,
  type Say,
} from './engines/index.ts';
import { keepUp, type KeptUp } from './keepUp.ts';

/** Where the engines are, configured or our own. */
export interface EnginesUp {
  temporalAddress: string;
  temporalUiUrl: string | null;
  mongodbUri: string;
  /** For the processes that use S3; empty where storage is elsewhere. */
  s3Environment: Record<string, string>;
}

interface Options {
  config: Config;
  env: NodeJS.ProcessEnv;
  dataDir: string;
  /** Ports that are in use. */
  taken: Set<number>;
  say: Say;
  /** Called with every engine that was started and must be stopped. */
  onUp: (engine: KeptUp) => void;
}

/** Brings up what is not configured, and checks what is. @throws EngineError, UnsuitableDatabase */
export async function bringUpEngines(options: Options): Promise<EnginesUp> {
  const { config, say, env } = options;
  const needsS3 = config.storage.url.startsWith('s3:') && !config.storage.s3Endpoint;
  const wanted: EngineName[] = [];
  if (!config.temporal.address) wanted.push('temporal');
  if (!config.mongodbUri) wanted.push('mongodb');
  if (needsS3) wanted.push('s3');
  const place = { cacheDir: config.cacheDir, env, say, dataDir: options.dataDir };
  const obtained = await obtainEngines(wanted, place, { mongodBinary: config.mongodBinary });

  const [temporal, mongodb, s3Environment] = await Promise.all([
    config.temporal.address
      ? configuredTemporal(config, config.temporal.address, say)
      : ownTemporal(options, obtained.temporal.run),
    config.mongodbUri ? configuredMongodb(config.mongodbUri, say) : ownMongodb(options, obtained.mongodb),
    needsS3 ? ownS3(options, obtained.s3.run) : {},
  ]);
  return { ...temporal, mongodbUri: mongodb, s3Environment };
}

async function own({ say, onUp }: Options, start: () => Promise<Engine>): Promise<void> {
  const { name, child } = await start();
  onUp(keepUp(name, child, async () => (await start()).child, say));
}

async function ownTemporal(options: Options, run: string) {
  const { config, dataDir, taken } = options;
  const port = await nextFreePort(7233, taken);
  const uiPort = await nextFreePort(8233, taken);
  const { namespace } = config.temporal;
  await own(options, () => startTemporal({ run, port, uiPort, namespace, dataDir }));
  return { temporalAddress: `127.0.0.1:${port}`, temporalUiUrl: `http://127.0.0.1:${uiPort}` };
}

async function configuredTemporal(config: Config, address: string, say: Say) {
  say(`Temporal: ${address}, configured.`);
  await keepRunsLongEnough(address, config.temporal.namespace);
  return { temporalAddress: address, temporalUiUrl: config.temporal.uiUrl };
}

async function ownMongodb(
  options: Options,
  obtained: Pick<Parameters<typeof startMongodb>[0], 'run' | 'cached'>,
): Promise<string> {
  const port = await nextFreePort(27017, options.taken);
  await own(options, () => startMongodb({ ...obtained, port, dataDir: options.dataDir }));
  return mongodbUri(port);
}

async function configuredMongodb(uri: string, say: Say): Promise<string> {
  const at = uri.replace(/\/\/[^@/]*@/, '//');
  say(`MongoDB: ${at}, configured.`);
  const connection = newConnection();
  try {
    await connect(connection, uri);
  } catch (error) {
    if (error instanceof UnsuitableDatabase) throw error;
    throw new EngineError(`MongoDB does not answer at ${at}: start it, or correct MONGODB_URI.`);
  } finally {
    await connection.close();
  }
  return uri;
}

async function ownS3(options: Options, run: string): Promise<Record<string, string>> {
  const { config, env, dataDir, taken } = options;
  const port = await nextFreePort(7070, taken);
  const buckets = [new URL(config.storage.url).hostname];
  await own(options, () => startS3({ run, port, taken, dataDir, env, buckets }));
  return {
    S3_ENDPOINT: `http://127.0.0.1:${port}`,
    AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
    AWS_REGION: 'us-east-1',
  };
}
