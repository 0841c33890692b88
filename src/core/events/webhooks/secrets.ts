import { randomBytes } from 'node:crypto';
import { deriveKey, type Seal, sealWith } from '../../../lib/seal.ts';

/** `whsec_` and 24 random bytes in base64 (Standard Webhooks: 24 to 64 bytes). */
export const newSecret = (): string => `whsec_${randomBytes(24).toString('base64')}`;

/**
 * Seals the secrets of webhook endpoints. They sign what is sent, so a hash is not enough.
 * @param key SECRETS_KEY
 */
export const createSeal = (key: string): Seal =>
  sealWith(deriveKey({ secret: key, info: 'webhook secrets' }));
