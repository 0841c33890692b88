import { networkOf } from '../infra/http/network.ts';

/** Posts that are not proved yet, at most; a provider has some dozens under way at once. */
const MAX_POSTS = 512;
/** Bytes of all of them at most, as a multiple of what one may have. */
const POSTS_OF_FULL_SIZE = 8;
/** What one network may take of either: the rest is for the others. */
const SHARE = 0.5;

/** Answered 503: the provider tries again, and loses nothing. */
export class TooMuchUnproved extends Error {}

interface Held {
  posts: number;
  bytes: number;
}

/**
 * Bounds what a process holds of posts before it knows that they are the provider's: anybody can send such bytes. A post
 * counts until it is proved, which is when the fields with its signature have come, or has ended.
 */
export class UnprovedPosts {
  readonly #maxBytes: number;
  readonly #all: Held = { posts: 0, bytes: 0 };
  readonly #networks = new Map<string, Held>();

  /** @param maxBytes of one post */
  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** @throws TooMuchUnproved */
  begin(ip: string): UnprovedPost {
    const network = networkOf(ip);
    const own = this.#networks.get(network) ?? { posts: 0, bytes: 0 };
    if (this.#all.posts >= MAX_POSTS || own.posts >= MAX_POSTS * SHARE)
      throw new TooMuchUnproved('Too many posts that are not proved are under way.');
    this.#networks.set(network, own);
    const add = (posts: number, bytes: number): void => {
      for (const held of [this.#all, own]) {
        held.posts += posts;
        held.bytes += bytes;
      }
      if (own.posts === 0) this.#networks.delete(network);
    };
    add(1, 0);
    let bytes = 0;
    let isCounted = true;
    return {
      add: (count) => {
        if (!isCounted) return;
        const most = this.#maxBytes * POSTS_OF_FULL_SIZE;
        if (bytes + count > this.#maxBytes)
          throw new TooMuchUnproved('So large a post must have its signature before its files.');
        if (this.#all.bytes + count > most || own.bytes + count > most * SHARE)
          throw new TooMuchUnproved('Too many bytes that are not proved are under way.');
        bytes += count;
        add(0, count);
      },
      end: () => {
        if (isCounted) add(-1, -bytes);
        isCounted = false;
      },
    };
  }
}

/** The body, counted until the post is proved. */
export async function* counted(
  body: AsyncIterable<Buffer>,
  unproved: UnprovedPost,
  isProved: () => boolean,
): AsyncIterable<Buffer> {
  for await (const bytes of body) {
    unproved.add(bytes.length);
    yield bytes;
    // What the bytes hold has been read when the next ones are asked for.
    if (isProved()) unproved.end();
  }
}

export interface UnprovedPost {
  /** Counts bytes that have come; none once it is proved. @throws TooMuchUnproved */
  add(bytes: number): void;
  /** It is proved, or no longer there. May be called more than once. */
  end(): void;
}
