import { openAsBlob } from 'node:fs';
import type { Config } from '../../config.ts';
import type { OutgoingMail, SendResult } from '../outbound.ts';
import { call, domainOf } from './call.ts';
import { notSent, resultOf, resultOfError } from './sendResult.ts';

/** Names of the `v:` values, which each event returns. */
export const VARIABLES = { message: 'postroom-message', attempt: 'postroom-attempt' } as const;

/** Posts the mail to `/messages.mime`, streamed from its file. Never throws. */
export async function send(
  config: Config['mailgun'],
  mail: OutgoingMail,
  signal: AbortSignal,
): Promise<SendResult> {
  if (config.apiKey === '') return notSent('NoApiKey', 'no API key for Mailgun is set (MAILGUN_API_KEY)');
  if (signal.aborted) return notSent('Cancelled', 'the worker stopped before it was sent');
  const message = await blobOf(mail.mimeFile);
  if (!message) return notSent('NoFile', 'the composed mail could not be read');
  const form = {
    // All recipients, also those of Cc and Bcc: Mailgun does not read them from the MIME.
    to: mail.recipients,
    message,
    // Tracking would rewrite the links in an agent's mail. A string, because the client leaves out `false`.
    'o:tracking': 'no' as const,
    'o:tag': 'postroom',
    [`v:${VARIABLES.message}`]: mail.id,
    [`v:${VARIABLES.attempt}`]: String(mail.attempt),
  };
  try {
    const answer = await call(config, (client) => client.messages.create(domainOf(mail.from), form), signal);
    return resultOf(answer, Date.now());
  } catch (error) {
    return resultOfError(error);
  }
}

/**
 * A Blob that is read from its file piece by piece: the client keeps every other form of a message in memory.
 */
async function blobOf(file: string): Promise<Blob | null> {
  try {
    return await openAsBlob(file);
  } catch {
    return null;
  }
}
