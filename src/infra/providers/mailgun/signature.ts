import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Config } from '../../config.ts';

/** How far the sender's clock may be ahead of ours. */
const MAX_AHEAD_S = 60 * 60;

type Signed = Record<'timestamp' | 'token' | 'signature', string | null>;

/**
 * `signature` = hex HMAC-SHA256 of timestamp and token with the HTTP webhook signing key (Mailgun, "Securing
 * webhooks").
 * @returns null when the signature is right, else the reason.
 */
export function whyUnproved(
  { timestamp, token, signature }: Signed,
  { signingKey, signatureHours }: Pick<Config['mailgun'], 'signingKey' | 'signatureHours'>,
): string | null {
  if (signingKey === '') return 'No signing key is configured (MAILGUN_SIGNING_KEY).';
  if (!timestamp || !token || !signature) return 'The post needs one timestamp, one token and one signature.';
  const expected = createHmac('sha256', signingKey)
    .update(timestamp + token)
    .digest();
  const isHex = /^[0-9a-f]{64}$/i.test(signature);
  if (!isHex || !timingSafeEqual(Buffer.from(signature, 'hex'), expected)) return 'The signature is wrong.';
  const ageS = Date.now() / 1000 - Number(timestamp);
  if (!/^\d{1,12}$/.test(timestamp) || ageS > signatureHours * 3_600)
    return `The signature is over ${signatureHours} hours old.`;
  if (ageS < -MAX_AHEAD_S) return 'The signature is from the future: check the clock of this server.';
  return null;
}
