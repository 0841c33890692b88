import { StoredPost } from '../../src/infra/archive/storedPost.ts';
import { NotStoredError, type Storage } from '../../src/infra/storage/storage.ts';

export type ReadPayload = { post: StoredPost } | { post: null; reason: string };
export const GONE = 'the stored payload is gone';

/** Reads the stored post from the archive. `reason` says why it can never be read. */
export async function readPayload(storage: Storage, key: string): Promise<ReadPayload> {
  let bytes: Buffer;
  try {
    bytes = await storage.readAll(key);
  } catch (error) {
    if (error instanceof NotStoredError) return { post: null, reason: GONE };
    throw error;
  }
  const post = StoredPost.safeParse(jsonOf(bytes));
  return post.success ? { post: post.data } : { post: null, reason: 'the stored payload is not one of ours' };
}

/** @returns undefined when the bytes are not JSON. */
function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined;
  }
}
