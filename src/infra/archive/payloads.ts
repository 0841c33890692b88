import { NotStoredError, type Storage } from '../storage/storage.ts';
import { remoteFileKey } from './keys.ts';
import { longFields, StoredPost } from './storedPost.ts';

/** @returns null when it does not exist (any more) */
export async function readPost(storage: Storage, key: string): Promise<StoredPost | 'unreadable' | null> {
  let bytes: Buffer;
  try {
    bytes = await storage.readAll(key);
  } catch (error) {
    if (error instanceof NotStoredError) return null;
    throw error;
  }
  try {
    return StoredPost.parse(JSON.parse(bytes.toString()));
  } catch {
    return 'unreadable';
  }
}

/** The objects beside a payload. Their keys can be changed in place. */
export const objectsOf = (post: StoredPost): { object: string }[] => [
  ...(post.mime ? [post.mime] : []),
  ...post.files,
  ...longFields(post).map(([, object]) => object),
];

/** Deletes a payload and its objects. Idempotent: the JSON, which names the objects, is deleted last. */
export async function deletePost(
  storage: Storage,
  key: string,
  post: StoredPost | null,
  remoteFiles: number,
): Promise<void> {
  for (let file = 0; file < remoteFiles; file += 1) await storage.delete(remoteFileKey(key, file));
  if (!post) return;
  for (const { object } of objectsOf(post)) await storage.delete(object);
  await storage.delete(key);
}
