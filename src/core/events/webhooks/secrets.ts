import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** `whsec_` and 24 random bytes in base64 (Standard Webhooks: 24 to 64 bytes). */
export const newSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`;

/**
 * Encrypts secrets with the installation's key for storage. They are needed to sign, so they cannot be
 * hashed.
 */
export interface Seal {
  close(secret: string): string;
  /** @throws Error when the text was sealed with another key, or changed. */
  open(sealed: string): string;
}

/** @param key SECRETS_KEY */
export function createSeal(key: string): Seal {
  const bytes = Buffer.from(hkdfSync('sha256', key, '', 'webhook secrets', 32));
  return {
    close(secret) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, bytes, iv);
      const sealed = Buffer.concat([cipher.update(secret, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64');
    },
    open(sealed) {
      const all = Buffer.from(sealed, 'base64');
      const cipher = createDecipheriv(ALGORITHM, bytes, all.subarray(0, IV_BYTES));
      cipher.setAuthTag(all.subarray(IV_BYTES, IV_BYTES + TAG_BYTES));
      return cipher.update(all.subarray(IV_BYTES + TAG_BYTES), undefined, 'utf8') + cipher.final('utf8');
    },
  };
}
