import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { answers } from './ports.ts';
import { startEngine, type Engine } from './start.ts';

/** Keys of the server that `startS3` starts. */
export const S3_KEYS = { accessKeyId: 'postroom', secretAccessKey: 'postroom-secret' } as const;

export interface S3Options {
  run: string;
  port: number;
  dataDir: string;
  /** Made where they are missing. */
  buckets?: readonly string[];
}

/** Starts an S3 server with its objects as files in `<dataDir>/s3/objects`, a bucket a folder. */
export async function startS3({ run, port, dataDir, buckets = [] }: S3Options): Promise<Engine> {
  const objects = path.join(dataDir, 's3/objects');
  // Objects' metadata beside them: not every file system has extended attributes.
  const metadata = path.join(dataDir, 's3/metadata');
  for (const folder of [objects, metadata, ...buckets.map((bucket) => path.join(objects, bucket))])
    mkdirSync(folder, { recursive: true });
  return startEngine({
    name: 'S3',
    command: run,
    args: [
      ...['--access', S3_KEYS.accessKeyId, '--secret', S3_KEYS.secretAccessKey],
      ...['--port', `127.0.0.1:${port}`, '--quiet', 'posix', '--sidecar', metadata, objects],
    ],
    dataDir,
    ready: () => answers(port),
  });
}
