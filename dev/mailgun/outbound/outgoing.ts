import { randomBytes } from 'node:crypto';
import addressparser from 'nodemailer/lib/addressparser';
import type { SendForm } from './sendForm.ts';

/** A checked send. */
export interface Outgoing {
  from: string;
  to: string;
  subject: string;
  /** Sender of the envelope. */
  sender: string;
  /** Recipients of the envelope, without repeats. */
  recipients: string[];
  /** Its own Message-Id, with angle brackets; null when it has none that can be kept. */
  messageId: string | null;
  /** Writes the raw mail. @param top header lines that Mailgun adds @returns its size in bytes */
  write(emlFile: string, messageId: string, top: string): Promise<number>;
}

/** A send that is refused with 400, with the reason in Mailgun's words. */
export class BadSend extends Error {}

const ADDRESS = /^[^\s@<>]+@[^\s@<>.]+(\.[^\s@<>.]+)*$/;
const MAX_RECIPIENTS = 1000;
const MAX_OPTION_BYTES = 16 * 1024;

/** The addresses of these fields, without repeats. @throws BadSend */
export function recipientsOf(form: SendForm, ...fields: string[]): string[] {
  if (form.all('to').every((value) => value.trim() === '')) throw new BadSend('to parameter is missing');
  const byKey = new Map<string, string>();
  for (const field of fields) {
    const addresses = form.all(field).flatMap((value) => checkedAddresses(field, value));
    for (const address of addresses) byKey.set(address.toLowerCase(), address);
  }
  if (byKey.size > MAX_RECIPIENTS) throw new BadSend(`Too many recipients, max is ${MAX_RECIPIENTS}`);
  return [...byKey.values()];
}

/** @throws BadSend */
export function checkedAddresses(field: string, value: string): string[] {
  const addresses = addressparser(value, { flatten: true }).map((entry) => entry.address);
  if (addresses.length === 0 || !addresses.every((address) => ADDRESS.test(address)))
    throw new BadSend(`${field} parameter is not a valid address. please check documentation`);
  return addresses;
}

/** @throws BadSend */
export function checkOptions(form: SendForm): void {
  const options = form.fields.filter(([name]) => /^[ohvt]:/.test(name));
  for (const [name] of form.below('h:'))
    if (!/^[\x21-\x7e]+$/.test(name)) throw new BadSend(`Header name must be pure ASCII: ${name}`);
  const bytes = options.reduce((sum, [name, value]) => sum + Buffer.byteLength(name + value), 0);
  if (bytes > MAX_OPTION_BYTES)
    throw new BadSend('Send options (parameters starting with o:, h:, v:, or t:) are limited to 16KB total');
  const perRecipient = form.first('recipient-variables');
  if (perRecipient === undefined) return;
  try {
    JSON.parse(perRecipient);
  } catch {
    throw new BadSend("'recipient-variables' parameter is not a valid JSON");
  }
}

/** The id when it has the form that Mailgun keeps, `<unique@domain>`; else null. */
export function keptMessageId(id: string | undefined): string | null {
  const trimmed = id?.trim() ?? '';
  return /^<[^\s<>@]+@[^\s<>@]+>$/.test(trimmed) ? trimmed : null;
}

/** As Mailgun makes them: `<20261123100319.1.A1B2C3D4E5F60718@domain>`. */
export function newMessageId(domain: string): string {
  const time = new Date().toISOString().replace(/\D/g, '').slice(0, 14);
  return `<${time}.1.${randomBytes(8).toString('hex').toUpperCase()}@${domain}>`;
}
