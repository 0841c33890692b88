import { createHmac, randomBytes } from 'node:crypto';

/** The proof of a post's origin; all tries of a post have the same. */
export interface Signature {
  /** Unix seconds of the post. */
  timestamp: string;
  /** 50 hexadecimal digits, used for one post only. */
  token: string;
  /** Hexadecimal HMAC-SHA256 of timestamp + token. */
  signature: string;
}

/**
 * Signs as Mailgun does ("Securing webhooks"): timestamp and token as they are written, without a separator.
 */
export function sign(
  signingKey: string,
  timestamp = String(Math.floor(Date.now() / 1000)),
  token = randomBytes(25).toString('hex'),
): Signature {
  const signature = createHmac('sha256', signingKey)
    .update(timestamp + token)
    .digest('hex');
  return { timestamp, token, signature };
}
