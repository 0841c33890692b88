import { hashToken } from '../lib/tokens.ts';

/** The token of a link of ours that lets its reader do something once (core/access/passwordLinks.ts). */
const LINK_TOKEN = /(?:password|join|end-tokens)_[A-Za-z0-9_-]{32}/g;
const MOST = 20;

/** Hashes of the tokens of links of ours in a mail, 20 at most: whether they are valid, the database knows. */
export function linkHashesIn({ text, html }: { text: string; html: string | null }): string[] {
  const hashes = new Set<string>();
  for (const part of [text, html ?? ''])
    for (const [token] of part.matchAll(LINK_TOKEN)) {
      if (hashes.size === MOST) return [...hashes];
      hashes.add(hashToken(token));
    }
  return [...hashes];
}
