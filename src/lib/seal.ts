import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** Encrypts texts that are stored in the database. Stored form: base64 of IV, tag and encrypted text. */
export interface Seal {
  close(text: string): string;
  /** @throws Error when the text was sealed with another key, or was changed */
  open(sealed: string): string;
}

/**
 * A key of 32 bytes (HKDF with SHA-256, RFC 5869).
 * @param info what the key is for: a key for one purpose opens nothing that was sealed for another
 */
export function deriveKey({
  secret,
  salt = '',
  info,
}: {
  secret: string;
  salt?: string;
  info: string;
}): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, salt, info, 32));
}

/** AES-256-GCM with a new IV for each text. @param key of `deriveKey` */
export function sealWith(key: Buffer): Seal {
  return {
    close(text) {
      const iv = randomBytes(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, iv);
      const encrypted = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), encrypted]).toString('base64');
    },
    open(sealed) {
      const bytes = Buffer.from(sealed, 'base64');
      const textFrom = IV_BYTES + TAG_BYTES;
      const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES));
      decipher.setAuthTag(bytes.subarray(IV_BYTES, textFrom));
      return decipher.update(bytes.subarray(textFrom), undefined, 'utf8') + decipher.final('utf8');
    },
  };
}
