import type { Config } from '../../config.ts';
import { type InboundProvider, FileRefused } from '../inbound.ts';
import { splitRecipients } from '../recipients.ts';
import { parse } from './parse.ts';
import { whyUnproved } from './signature.ts';

/** Mailgun's routes: `forward()` and `store(notify=…)` to `/inbound`, raw MIME to `/inbound/mime`. */
export function createMailgun(config: Config['mailgun']): InboundProvider {
  return {
    name: 'mailgun',
    body: 'form',
    paths: ['inbound', 'inbound/mime'],
    volatileFields: ['timestamp', 'token', 'signature'],
    readsFields: ['recipient', 'sender', 'timestamp', 'token', 'signature'],
    mimeField: 'body-mime',
    provesFromHead: false,
    prove: (post) => {
      const [timestamp, token, signature] = [
        post.field('timestamp'),
        post.field('token'),
        post.field('signature'),
      ];
      return whyUnproved({ timestamp, token, signature }, config);
    },
    recipients: (post) => splitRecipients(post.field('recipient') ?? ''),
    sender: (post) => post.field('sender'),
    token: (post) => post.field('token'),
    parse,
    remoteFile: (url) => remoteFile(url, config),
  };
}

/**
 * A request for a stored file needs the API key, but the form with its URL is not signed. So the key is sent
 * only to Mailgun's hosts and to the configured one.
 */
function remoteFile(
  written: string,
  { url: base, apiKey }: Config['mailgun'],
): ReturnType<InboundProvider['remoteFile']> {
  if (!URL.canParse(written)) throw new FileRefused('the file has no readable URL');
  const url = new URL(written);
  const isMailgun =
    url.protocol === 'https:' && url.port === '' && /\.mailgun\.(net|org)$/.test(url.hostname);
  if (!isMailgun && url.origin !== new URL(base).origin) throw new FileRefused('the file is not at Mailgun');
  if (!/^\/v\d+\/.*messages\/./.test(url.pathname))
    throw new FileRefused('the URL is not one of a stored file');
  if (url.username !== '' || url.password !== '') throw new FileRefused('the URL has credentials of its own');
  return { url, headers: { Authorization: `Basic ${Buffer.from(`api:${apiKey}`).toString('base64')}` } };
}
