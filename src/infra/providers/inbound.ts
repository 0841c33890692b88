import type { IncomingHttpHeaders } from 'node:http';
import type { StoredPost } from '../archive/storedPost.ts';
import type { InboundEmail } from '../../mail/inboundEmail.ts';

/**
 * The parts of a post that prove it. `field` returns the value of a field that occurs exactly once, else
 * null.
 */
export interface PostToProve {
  headers: IncomingHttpHeaders;
  query: URLSearchParams;
  field(name: string): string | null;
}

/**
 * Receives mail from a provider. Everything that is particular to the provider is behind this interface; code
 * outside providers/ names no provider. `parse` runs in a worker thread (src/infra/parser), because its input
 * may be hostile.
 */
export interface InboundProvider {
  /**
   * Names the archive folders `<name>-incoming/` and `<name>-skipped/`, and the URL
   * `/webhooks/<name>/inbound`.
   */
  readonly name: string;
  /** `form`: urlencoded or multipart fields; `mime`: the body is the mail itself. */
  readonly body: 'form' | 'mime';
  /** Paths below `/webhooks/<name>/` that take mail. */
  readonly paths: readonly string[];
  /** Form fields that change when the provider retries a post; they are no part of the post's identity. */
  readonly volatileFields: readonly string[];
  /** Form fields that `prove`, `recipients`, `sender` and `token` read; no others are available there. */
  readonly readsFields: readonly string[];
  /** Form field that holds raw MIME; its bytes are stored in `<id>.eml`. */
  readonly mimeField: string | null;
  /** The proof is in the request's headers, so it is checked before the body is read. */
  readonly provesFromHead: boolean;
  /** @returns null when the post is genuine, else the reason (shown with 401). */
  prove(post: PostToProve): string | null;
  /** The addresses that the post is for, as posted. */
  recipients(post: PostToProve): string[];
  /** The envelope sender as posted; null = the post does not say. */
  sender(post: PostToProve): string | null;
  /** The single-use token, or null. */
  token(post: PostToProve): string | null;
  /** @param file local path of an archived object of this post. */
  parse(
    post: StoredPost,
    recipient: string,
    file: (object: string) => string,
    options?: ParseOptions,
  ): Promise<InboundEmail>;
  /**
   * The request for a file that the provider stores.
   * @throws FileRefused when the URL must not be requested.
   */
  remoteFile(url: string): { url: URL; headers: Record<string, string> };
}

/** What of the configuration parsing needs: it runs in a thread of its own. */
export interface ParseOptions {
  /** Name of the mail server whose Authentication-Results count (RFC 8601); null or missing: none do. */
  authservId?: string | null;
}

/** A post names a file that must not be requested; never retried. */
export class FileRefused extends Error {}
