import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { composeMime } from '../../mail/composeMime.ts';
import { normaliseAddress } from '../../mail/addresses.ts';
import type { Models } from '../../infra/models/index.ts';
import type { OutboundProvider, SendResult } from '../../infra/providers/outbound.ts';
import type { Storage } from '../../infra/storage/storage.ts';
import { receiptOf, whyNoAccessMail } from './receivedHere.ts';

/** A mail that Postroom itself sends: a code, an invitation, a reminder, a warning. */
export interface PlatformMail {
  to: string;
  subject: string;
  text: string;
  /** With angle brackets. The same for each retry: mail programs show a mail that arrives twice only once. */
  messageId: string;
  holds: Holds;
}

/**
 * What a mail holds, which decides where it may go.
 * `access`: a link that lets this user in. It goes to no address that Postroom receives, except the user's own.
 * `code`: proves the address that it is mailed to, so it must go there.
 * `notification`: goes to no address that Postroom receives, where it would be new mail and cause the next one.
 * `notice`: says something about the workspace, and lets nobody in.
 */
export type Holds = { kind: 'access'; userId: string } | { kind: 'code' | 'notification' | 'notice' };

export interface PlatformMailDeps {
  models: Models;
  outbound: OutboundProvider;
  storage: Storage;
  platformDomain: string;
}

/** RFC 3834: autoresponders must not answer this mail. Exchange needs a header of its own. */
const AUTOMATIC = { 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' };

/**
 * Sends a mail once, from `noreply@<platform domain>`: all mail of the platform itself goes through here. The
 * caller decides whether to retry. `refused` where the mail must not go to this address.
 */
export async function sendPlatformMail(
  { models, outbound, storage, platformDomain }: PlatformMailDeps,
  { to, subject, text, messageId, holds }: PlatformMail,
  signal: AbortSignal,
): Promise<SendResult> {
  const refusal = await whyNotTo(models, to, holds, platformDomain);
  if (refusal !== null) return { result: 'refused', code: 'ReceivedHere', reason: `${to} ${refusal}` };
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

async function whyNotTo(
  models: Models,
  to: string,
  holds: Holds,
  platformDomain: string,
): Promise<string | null> {
  switch (holds.kind) {
    case 'access':
      return whyNoAccessMail(models, { email: to, userId: holds.userId }, platformDomain);
    case 'notification': {
      const address = normaliseAddress(to);
      const isReceived = address === null || (await receiptOf(models, address, platformDomain)).isReceived;
      return isReceived ? 'is an address whose mail Postroom receives' : null;
    }
    case 'code':
    case 'notice':
      return null;
  }
}
