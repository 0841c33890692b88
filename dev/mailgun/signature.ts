import { createHmac, randomBytes } from 'node:crypto';

/** What proves a post: the same in every try of it. */
export interface Signature {
  /** Unix seconds of the post. */
  timestamp: string;
  /** 50 hexadecimal digits, single use. */
  token: string;
  /** Hexadecimal HMAC-SHA256 of timestamp + token. */
  signature: string;
}

/** Signs as Mailgun does ("Securing webhooks"): no separator, the timestamp as it is written. */
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
