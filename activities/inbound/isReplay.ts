import { collectionOf, type Models } from '../../src/infra/models/index.ts';
import { isDuplicateKey } from '../../src/infra/models/once.ts';
import type { StoredPost } from '../../src/infra/archive/storedPost.ts';

/**
 * Whether the post's signature was taken from another post. A signature covers only its token, not the
 * content, so the content that comes first with a token is noted: the same token with other content is a
 * replay.
 */
export async function isReplay(
  models: Models,
  { token_hash, content_hash }: Pick<StoredPost, 'token_hash' | 'content_hash'>,
): Promise<boolean> {
  if (token_hash === null) return false;
  const tokens = collectionOf(models.PostToken);
  try {
    await tokens.insertOne({ _id: token_hash, content_hash, created_at: new Date() });
    return false;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
  }
  const first = await tokens.findOne({ _id: token_hash });
  return first !== null && first.content_hash !== content_hash;
}
