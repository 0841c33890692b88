import path from 'node:path';
import type { Config } from '../config.ts';
import { createFileStorage } from './fileStorage.ts';
import { createS3Storage } from './s3Storage.ts';
import type { Storage } from './storage.ts';

/**
 * Opens the store that `STORAGE_URL` names: `file:<folder>`, or `s3://bucket/prefix` (credentials: AWS's
 * usual ways).
 */
export async function createStorage({ url, s3Endpoint }: Config['storage']): Promise<Storage> {
  if (!url.startsWith('s3:')) return createFileStorage(path.resolve(url.replace(/^file:(\/\/)?/, '')));
  const { hostname, pathname } = new URL(url);
  return createS3Storage(hostname, pathname.replace(/^\/|\/$/g, ''), s3Endpoint);
}
