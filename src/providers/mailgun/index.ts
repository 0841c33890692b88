import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Config } from '../../config.ts';
import { type InboundProvider, type PostToProve, ProviderRefusal } from '../inbound.ts';
import { splitRecipients } from '../recipients.ts';
import { parse } from './parse.ts';

/** Mailgun tries for 8 hours, and does not say whether a later try is signed anew. */
const MAX_AGE_S = 24 * 60 * 60;
/** How far a clock may be ahead of ours. */
const MAX_AHEAD_S = 60 * 60;

/** Mailgun's routes: `forward()` and `store(notify=…)` to `/inbound`, raw MIME to `/inbound/mime`. */
export function createMailgun(config: Config['mailgun']): InboundProvider {
  return {
    name: 'mailgun',
    body: 'form',
    paths: ['inbound', 'inbound/mime'],
    volatileFields: ['timestamp', 'token', 'signature'],
    readsFields: ['recipient', 'timestamp', 'token', 'signature'],
    mimeField: 'body-mime',
    provesFromHead: false,
    prove: (post) => whyUnproved(post, config.signingKey),
    recipients: (post) => splitRecipients(post.field('recipient') ?? ''),
    token: (post) => post.field('token'),
    parse,
    remoteFile: (url) => remoteFile(url, config),
  };
}

/** `signature` = hex HMAC-SHA256 of timestamp and token with the HTTP webhook signing key (Mailgun, "Securing webhooks"). */
function whyUnproved(post: PostToProve, signingKey: string): string | null {
  if (signingKey === '') return 'No signing key is configured (MAILGUN_SIGNING_KEY).';
  const [timestamp, token, signature] = ['timestamp', 'token', 'signature'].map((name) => post.field(name));
  if (!timestamp || !token || !signature) return 'The post needs one timestamp, one token and one signature.';
  const expected = createHmac('sha256', signingKey)
    .update(timestamp + token)
    .digest();
  const isHex = /^[0-9a-f]{64}$/i.test(signature);
  if (!isHex || !timingSafeEqual(Buffer.from(signature, 'hex'), expected)) return 'The signature is wrong.';
  const ageS = Date.now() / 1000 - Number(timestamp);
  if (!/^\d{1,12}$/.test(timestamp) || ageS > MAX_AGE_S) return 'The signature is over 24 hours old.';
  if (ageS < -MAX_AHEAD_S) return 'The signature is from the future: is a clock wrong?';
  return null;
}

/**
 * Stored files ask for the API key, and the form that names them is not signed: the key goes to Mailgun's hosts and to
 * the configured one only.
 */
function remoteFile(
  written: string,
  { url: base, apiKey }: Config['mailgun'],
): ReturnType<InboundProvider['remoteFile']> {
  if (!URL.canParse(written)) throw new ProviderRefusal('the file has no readable URL');
  const url = new URL(written);
  const isMailgun =
    url.protocol === 'https:' && url.port === '' && /\.mailgun\.(net|org)$/.test(url.hostname);
  if (!isMailgun && url.origin !== new URL(base).origin)
    throw new ProviderRefusal('the file is not at Mailgun');
  if (!/^\/v\d+\/.*messages\/./.test(url.pathname))
    throw new ProviderRefusal('the URL is not one of a stored file');
  if (url.username !== '' || url.password !== '')
    throw new ProviderRefusal('the URL has credentials of its own');
  return { url, headers: { Authorization: `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}` } };
}
