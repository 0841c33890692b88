import { createHash, randomBytes } from 'node:crypto';

/** A bearer token with 192 random bits; `prefix` says what it opens. */
export const newToken = (prefix: string): string => `${prefix}_${randomBytes(24).toString('base64url')}`;

/** What is kept of a token: SHA-256, hex. It has too many random bits to be guessed from that. */
export const hashToken = (token: string): string => createHash('sha256').update(token).digest('hex');
