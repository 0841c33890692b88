import { createHash, randomBytes } from 'node:crypto';

/**
 * Marks a mail with a code, so that it is recognised when it comes back: in its Message-Id and in its text.
 */
const REFERENCE = /proof\.([0-9a-f]{32})/;

/** `proof.` and 128 random bits. */
export const newReference = (): string => `proof.${randomBytes(16).toString('hex')}`;

/** A reference proves that one has received the mail, so only its hash is stored. */
export const hashReference = (reference: string): string =>
  createHash('sha256').update(reference).digest('hex');

/** @returns the first reference in these texts, or null. */
export function findReference(...texts: (string | null)[]): string | null {
  for (const text of texts) {
    const reference = REFERENCE.exec(text ?? '')?.[0];
    if (reference !== undefined) return reference;
  }
  return null;
}
