import { domainPart, normaliseAddress, parseAddressList } from '../../../mail/addresses.ts';
import { readAuthenticationResults } from '../../../mail/authenticationResults.ts';
import { readReport } from '../../../mail/bounce.ts';
import { firstHeader } from '../../../mail/headers.ts';
import { readMime, readMimeHead, type MimeMail } from '../../../mail/mime.ts';
import type { StoredPost } from '../../archive/storedPost.ts';
import type { InboundEmail, Verdicts } from '../../../mail/inboundEmail.ts';
import type { ParseOptions } from '../inbound.ts';

/** The posted body is the mail itself. */
export async function parse(
  post: StoredPost,
  _recipient: string,
  file: (object: string) => string,
  options: ParseOptions = {},
): Promise<InboundEmail> {
  return withEnvelope(await readMime(mimeFile(post, file)), options);
}

/** The same without bodies and files. */
export async function parseHead(
  post: StoredPost,
  _recipient: string,
  file: (object: string) => string,
  options: ParseOptions = {},
): Promise<InboundEmail> {
  return withEnvelope(readMimeHead(mimeFile(post, file)), options);
}

function mimeFile(post: StoredPost, file: (object: string) => string): string {
  if (!post.mime) throw new Error('the post holds no mail');
  return file(post.mime.object);
}

/**
 * The mail server that accepted the mail has written the envelope sender into Return-Path (RFC 5321 4.4). What it
 * found about SPF, DKIM and DMARC is in its Authentication-Results, which count only under a trusted name.
 */
function withEnvelope({ reportParts, ...mail }: MimeMail, options: ParseOptions): InboundEmail {
  const [envelope] = parseAddressList(firstHeader(mail.headers, 'Return-Path') ?? '');
  const envelopeFrom = envelope?.email ?? null;
  return {
    ...mail,
    envelopeFrom,
    report: readReport({ ...mail, envelopeFrom }, reportParts),
    verdicts: verdictsOf(mail, options),
  };
}

function verdictsOf(
  { headers, from }: Pick<InboundEmail, 'headers' | 'from'>,
  { authservId = null }: ParseOptions,
): Verdicts {
  const address = from && normaliseAddress(from.email);
  const checked = authservId
    ? readAuthenticationResults(headers, authservId, address && domainPart(address))
    : null;
  return { spf: 'unknown', dkim: 'unknown', spam: 'unknown', spamScore: null, ...checked };
}
