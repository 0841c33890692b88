import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { nextFreePort } from './ports.ts';
import { startEngine, type Engine } from './start.ts';

/** Keys of the server that `startS3` starts. */
export const S3_KEYS = { accessKeyId: 'postroom', secretAccessKey: 'postroom-secret' } as const;

export interface S3Options {
  /** `weed` (SeaweedFS) or `versitygw`, by its name. */
  run: string;
  port: number;
  /** Ports that are in use. SeaweedFS takes some more, from `port` up. */
  taken?: Set<number>;
  dataDir: string;
  env: NodeJS.ProcessEnv;
  /** Created when they are missing. */
  buckets?: readonly string[];
}

/** Starts an S3 server with its objects in `<dataDir>/s3`. */
export async function startS3(options: S3Options): Promise<Engine> {
  const { run, port, taken, dataDir, env } = options;
  const isWeed = path.basename(run) === 'weed';
  const args = isWeed ? await weedArgs(options, taken ?? new Set([port])) : versitygwArgs(options);
  return startEngine({
    name: 'S3',
    command: run,
    args,
    dataDir,
    env: {
      ...env,
      // SeaweedFS takes its keys from here. HOME: it must not find settings in the user's home folder.
      AWS_ACCESS_KEY_ID: S3_KEYS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: S3_KEYS.secretAccessKey,
      HOME: dataDir,
    },
    ready: () => wantsKeys(port),
  });
}

function versitygwArgs({ port, dataDir, buckets = [] }: S3Options): string[] {
  const objects = path.join(dataDir, 's3/objects');
  // Metadata in files: not every file system has extended attributes.
  const metadata = path.join(dataDir, 's3/metadata');
  // A bucket is a folder.
  for (const folder of [objects, metadata, ...buckets.map((bucket) => path.join(objects, bucket))])
    mkdirSync(folder, { recursive: true });
  return [
    ...['--access', S3_KEYS.accessKeyId, '--secret', S3_KEYS.secretAccessKey],
    ...['--port', `127.0.0.1:${port}`, '--quiet', 'posix', '--sidecar', metadata, objects],
  ];
}

/** All of SeaweedFS in one process. What it has besides S3 gets ports of its own, or is switched off. */
async function weedArgs({ port, dataDir, buckets = [] }: S3Options, taken: Set<number>): Promise<string[]> {
  const folder = path.join(dataDir, 's3/seaweedfs');
  const logs = path.join(dataDir, 's3/logs');
  for (const dir of [folder, logs]) mkdirSync(dir, { recursive: true });
  const ports: string[] = [];
  for (const part of ['s3', 'master', 'volume', 'filer', 'admin']) {
    if (part !== 's3') ports.push(`-${part}.port=${await nextFreePort(port, taken)}`);
    ports.push(`-${part}.port.grpc=${await nextFreePort(port, taken)}`);
  }
  return [
    ...[`-logdir=${logs}`, 'mini', `-dir=${folder}`, '-ip=127.0.0.1', '-ip.bind=127.0.0.1'],
    ...[`-s3.port=${port}`, ...ports],
    ...['-s3.port.iceberg=0', '-s3.port.lance=0', '-webdav=false', '-admin.ui=false'],
    `-bucket=${buckets.join(',')}`,
    // It would report this machine to its makers.
    '-master.telemetry=false',
  ];
}

/** It is up, and refuses a call that is not signed with our keys. */
async function wantsKeys(port: number): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(1_000) });
  await answer.body?.cancel();
  return answer.status === 403;
}
