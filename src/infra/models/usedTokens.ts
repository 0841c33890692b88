import { collectionOf, type Models } from './index.ts';
import { isDuplicateKey } from './once.ts';

/** What identifies a post of a provider. */
export interface SignedPost {
  /** SHA-256 of its single-use token, hex; null where the provider has none. */
  token_hash: string | null;
  /** SHA-256 of what was posted, hex. */
  content_hash: string;
}

/**
 * Whether the post's signature was taken from another post. A signature covers only its token, not the
 * content, so the content that comes first with a token is noted, of mail and of events: the same token with
 * other content is a replay. The same post may come again.
 */
export async function isReplay(models: Models, { token_hash, content_hash }: SignedPost): Promise<boolean> {
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
