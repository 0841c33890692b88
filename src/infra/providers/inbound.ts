import type { IncomingHttpHeaders } from 'node:http';
import type { StoredPost } from '../archive/storedPost.ts';
import type { InboundEmail } from '../../mail/inboundEmail.ts';

/** What the webhook knows of a post when it asks for proof. Field values are those that occur exactly once, or null. */
export interface PostToProve {
  headers: IncomingHttpHeaders;
  query: URLSearchParams;
  field(name: string): string | null;
}

/**
 * A mail provider's way in. Everything that is particular to it is behind this interface; nothing upstream names a provider.
 * `parse` runs in a worker thread (src/infra/parser) and may be given hostile bytes.
 */
export interface InboundProvider {
  /** Names the archive folders `<name>-incoming/` and `<name>-skipped/`, and the URL `/webhooks/<name>/inbound`. */
  readonly name: string;
  /** `form`: urlencoded or multipart fields; `mime`: the body is the mail itself. */
  readonly body: 'form' | 'mime';
  /** Paths below `/webhooks/<name>/` that take mail. */
  readonly paths: readonly string[];
  /** Form fields that differ between two tries of one post; left out of its identity. */
  readonly volatileFields: readonly string[];
  /** Form fields that `prove`, `recipients` and `token` read; others are not at hand there. */
  readonly readsFields: readonly string[];
  /** Form field that holds raw MIME, kept as bytes in `<id>.eml`. */
  readonly mimeField: string | null;
  /** When the proof is in the request's head, it is asked for before the body is read. */
  readonly provesFromHead: boolean;
  /** @returns null when proved, else why not (shown with 401). */
  prove(post: PostToProve): string | null;
  /** Addresses that this post is for, as posted. */
  recipients(post: PostToProve): string[];
  /** The single-use token, or null. */
  token(post: PostToProve): string | null;
  /** @param file local path of an archived object of this post. */
  parse(post: StoredPost, recipient: string, file: (object: string) => string): Promise<InboundEmail>;
  /** How to ask for a file that the provider keeps. @throws FileRefused when the URL is not one that may be asked. */
  remoteFile(url: string): { url: URL; headers: Record<string, string> };
}

/** A post names a file that must not be asked for; never retried. */
export class FileRefused extends Error {}
