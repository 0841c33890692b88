import { createHash, randomBytes } from 'node:crypto';

/** What a mail with a code is known by when it comes back: `proof.` and 128 random bits, in its Message-Id and in its text. */
const REFERENCE = /proof\.([0-9a-f]{32})/;

export const newReference = (): string => `proof.${randomBytes(16).toString('hex')}`;

/** Whoever knows a reference has the mail: only its hash is kept. */
export const hashReference = (reference: string): string =>
  createHash('sha256').update(reference).digest('hex');

/** @returns the first reference in these texts, or null. */
export function findReference(...texts: (string | null)[]): string | null {
  for (const text of texts) {
    const found = REFERENCE.exec(text ?? '')?.[0];
    if (found !== undefined) return found;
  }
  return null;
}
