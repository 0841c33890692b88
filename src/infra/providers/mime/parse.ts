import { parseAddressList } from '../../../mail/addresses.ts';
import { readReport } from '../../../mail/bounce.ts';
import { firstHeader } from '../../../mail/headers.ts';
import { readMime, readMimeHead, type MimeMail } from '../../../mail/mime.ts';
import type { StoredPost } from '../../archive/storedPost.ts';
import type { InboundEmail } from '../../../mail/inboundEmail.ts';

/** The posted body is the mail itself. */
export async function parse(
  post: StoredPost,
  _recipient: string,
  file: (object: string) => string,
): Promise<InboundEmail> {
  return withEnvelope(await readMime(mimeFile(post, file)));
}

/** The same without bodies and files. */
export async function parseHead(
  post: StoredPost,
  _recipient: string,
  file: (object: string) => string,
): Promise<InboundEmail> {
  return withEnvelope(readMimeHead(mimeFile(post, file)));
}

function mimeFile(post: StoredPost, file: (object: string) => string): string {
  if (!post.mime) throw new Error('the post holds no mail');
  return file(post.mime.object);
}

/**
 * The mail server that accepted the mail has written the envelope sender into Return-Path (RFC 5321 4.4).
 * There is no reliable header for its verdicts.
 */
function withEnvelope({ reportParts, ...mail }: MimeMail): InboundEmail {
  const [envelope] = parseAddressList(firstHeader(mail.headers, 'Return-Path') ?? '');
  const envelopeFrom = envelope?.email ?? null;
  return {
    ...mail,
    envelopeFrom,
    report: readReport({ ...mail, envelopeFrom }, reportParts),
    verdicts: { spf: 'unknown', dkim: 'unknown', spam: 'unknown', spamScore: null },
  };
}
