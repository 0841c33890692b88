import { createHash, timingSafeEqual } from 'node:crypto';
import { type InboundProvider, type PostToProve, FileRefused } from '../inbound.ts';
import { splitRecipients } from '../recipients.ts';
import { parse } from './parse.ts';

/**
 * Receives raw mail from the customer's own mail server: the body is the mail, `?recipient=` (repeated, or
 * separated by commas) gives the recipients, and a bearer token proves the post.
 */
export function createMime(tokens: readonly string[]): InboundProvider {
  const hashes = tokens.map(sha256);
  return {
    name: 'mime',
    body: 'mime',
    paths: ['inbound'],
    volatileFields: [],
    readsFields: [],
    mimeField: null,
    provesFromHead: true,
    prove: (post) => whyUnproved(post, hashes),
    recipients: (post) => post.query.getAll('recipient').flatMap(splitRecipients),
    sender: () => null,
    token: () => null,
    parse,
    remoteFile: () => {
      throw new FileRefused('a raw mail has no files elsewhere');
    },
  };
}

function whyUnproved(post: PostToProve, hashes: Buffer[]): string | null {
  if (hashes.length === 0) return 'No token is configured for posting raw mail (MIME_TOKENS).';
  const given = /^Bearer +(\S+) *$/i.exec(post.headers.authorization ?? '')?.[1];
  if (given === undefined) return 'This needs the header "Authorization: Bearer <token>".';
  // Compares hashes, because timingSafeEqual needs equal lengths.
  const hash = sha256(given);
  const matches = hashes.filter((known) => timingSafeEqual(known, hash));
  return matches.length > 0 ? null : 'The token is wrong.';
}

const sha256 = (token: string): Buffer => createHash('sha256').update(token).digest();
