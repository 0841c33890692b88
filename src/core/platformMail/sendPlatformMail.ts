import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { composeMime } from '../../mail/composeMime.ts';
import type { OutboundProvider, SendResult } from '../../infra/providers/outbound.ts';
import type { Storage } from '../../infra/storage/storage.ts';

/** A mail that Postroom itself sends: a code, an invitation, a reminder, a warning. */
export interface PlatformMail {
  to: string;
  subject: string;
  text: string;
  /** With angle brackets. The same for each retry: mail programs show a mail that arrives twice only once. */
  messageId: string;
}

export interface PlatformMailDeps {
  outbound: OutboundProvider;
  storage: Storage;
  platformDomain: string;
}

/** RFC 3834: autoresponders must not answer this mail. Exchange needs a header of its own. */
const AUTOMATIC = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };

/** Sends a mail once, from `noreply@<platform domain>`. The caller decides whether to retry. */
export async function sendPlatformMail(
  { outbound, storage, platformDomain }: PlatformMailDeps,
  { to, subject, text, messageId }: PlatformMail,
  signal: AbortSignal,
): Promise<SendResult> {
  const from = { email: `noreply@${platformDomain}`, name: 'Postroom' };
  const mimeFile = path.join(storage.spoolDir, `${randomUUID()}.eml`);
  const mail = {
    from,
    replyTo: [],
    to: [{ email: to, name: '' }],
    cc: [],
    subject,
    date: new Date(),
    messageId,
    inReplyTo: null,
    references: [],
    text,
    html: null,
    files: [],
    headers: AUTOMATIC,
  };
  try {
    await pipeline(composeMime(mail), createWriteStream(mimeFile));
    const { size } = await stat(mimeFile);
    const call = { id: `notice-${randomUUID()}`, attempt: 1, messageId, from: from.email, recipients: [to] };
    return await outbound.send({ ...call, mimeFile, size }, signal);
  } finally {
    await rm(mimeFile, { force: true });
  }
}
