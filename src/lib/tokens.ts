import { createHash, randomBytes } from 'node:crypto';

/** A bearer token with 192 random bits; `prefix` says what it gives access to. */
export const newToken = (prefix: string): string => `${prefix}_${randomBytes(24).toString('base64url')}`;

/** The stored form of a token: SHA-256, hex. A token has too many random bits to be found from it. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');
