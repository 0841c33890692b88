import FormData from 'form-data';
import Mailgun from 'mailgun.js';
import type { Interfaces } from 'mailgun.js/definitions';
import { API_KEY } from '../receiver.ts';

export const DOMAIN = 'postroom.test';

/** An error of mailgun.js, which does not export its class. */
export interface ApiError {
  type: string;
  status: number;
  message: string;
  details: string;
}

/** The real client, as Postroom uses it. */
export const clientOf = (
  localMailgun: { url: string },
  { key = API_KEY, timeout = 20_000 }: { key?: string; timeout?: number } = {},
): Interfaces.IMailgunClient =>
  new Mailgun(FormData).client({ username: 'api', key, url: localMailgun.url, timeout });

/** The error of a call. @throws when the call succeeds */
export async function errorOf(call: Promise<unknown>): Promise<ApiError> {
  try {
    await call;
  } catch (error) {
    return error as ApiError;
  }
  throw new Error('the call succeeded');
}

let count = 0;
/** A raw mail, as Postroom composes it. */
export function mimeOf(
  fields: { messageId?: string; to?: string; subject?: string; text?: string } = {},
): Buffer {
  count += 1;
  const lines = [
    'From: Acme Support <support@postroom.test>',
    `To: ${fields.to ?? 'Dana <dana@client.test>'}`,
    `Subject: ${fields.subject ?? 'Re: Order 1042'}`,
    `Message-ID: ${fields.messageId ?? `<reply-${count}-${process.pid}@postroom.test>`}`,
    'Date: Mon, 23 Nov 2026 10:03:19 +0000',
    'MIME-Version: 1.0',
    'Content-Type: text/plain; charset=utf-8',
    '',
    fields.text ?? 'It is on its way.',
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
}

/** The data of a MIME send. */
export const mimeSend = (to: string | string[], message: Buffer, more: Record<string, unknown> = {}) =>
  ({ to, message, ...more }) as Parameters<Interfaces.IMailgunClient['messages']['create']>[1];
