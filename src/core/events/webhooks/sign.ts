import { Webhook } from 'standardwebhooks';
import type { WebhookRow } from '../../../infra/models/index.ts';
import type { Seal } from '../../../lib/seal.ts';
import { DAY_MS } from '../../../lib/time.ts';

/** How long the old secret signs too after a rotation. */
export const ROTATION_MS = DAY_MS;

/**
 * The headers of Standard Webhooks 1.0.
 * @param now time of sending: receivers refuse a post whose time differs from theirs by more than five
 * minutes.
 */
export function signedHeaders(
  endpoint: Pick<WebhookRow, 'secret' | 'old_secret' | 'old_secret_until'>,
  seal: Seal,
  { id, body, now }: { id: string; body: string; now: Date },
): Record<string, string> {
  const { secret, old_secret, old_secret_until } = endpoint;
  const both = old_secret !== null && old_secret_until !== null && old_secret_until > now;
  const secrets = both ? [secret, old_secret] : [secret];
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': secrets
      .map((sealed) => new Webhook(seal.open(sealed)).sign(id, now, body))
      .join(' '),
  };
}
