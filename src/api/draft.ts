import { z } from 'zod';
import { normaliseAddress, type Address } from '../mail/addresses.ts';
import { caps } from '../mail/caps.ts';
import { storable } from '../mail/text.ts';
import type { Draft } from '../core/replies/draft.ts';
import { CONTROL, NO_CONTROL, OneLine } from './fields.ts';

export const MAX_SUBJECT_CHARS = 1_000;
/** Most addresses in one list: the limit of Mailgun for one message. */
const MAX_LISTED = 1_000;
const MAX_FILES = 100;
/** Longest time before a reply is sent, in seconds. */
const MAX_UNDO_SECONDS = 3_600;

const Text = z
  .string('must be text')
  .refine((text) => Buffer.byteLength(text) <= caps.textBytes, `must be at most ${caps.textBytes} bytes`)
  .refine((text) => !text.includes('\0'), 'must not have a NUL character in it')
  .transform(storable);

const Address = z
  .string('must be text')
  .max(1_000, 'must be at most 1,000 characters')
  .refine((text) => !CONTROL.test(text), NO_CONTROL)
  .transform((text, check): Address => {
    const address = readAddress(text);
    if (address) return address;
    check.addIssue('must be one address, like "ann@x.test" or "Ann <ann@x.test>"');
    return z.NEVER;
  });

const Addresses = z.preprocess(
  (list) => (typeof list === 'string' ? [list] : list),
  z.array(Address, 'must be a list of addresses').max(MAX_LISTED, `must be at most ${MAX_LISTED}`),
);

export const UndoSeconds = z
  .int('must be a whole number of seconds')
  .min(0, 'must not be negative')
  .max(MAX_UNDO_SECONDS, `must be at most ${MAX_UNDO_SECONDS}`);

const content = {
  text: Text.nullish(),
  html: Text.nullish(),
  attachments: z
    .array(z.string('must be the id of an upload'), 'must be a list of ids of uploads')
    .max(MAX_FILES, `must be at most ${MAX_FILES}`)
    .refine((ids) => new Set(ids).size === ids.length, 'must name each file once')
    .default([]),
};

const mail = {
  to: Addresses.optional(),
  cc: Addresses.optional(),
  bcc: Addresses.optional(),
  subject: OneLine(MAX_SUBJECT_CHARS).nullish(),
  sending_email: Address.nullish(),
  send_at: z.iso
    .datetime({ offset: true, error: 'must be a time, like 2026-11-23T10:00:00Z' })
    .transform((text) => new Date(text))
    .nullish(),
  undo_seconds: UndoSeconds.nullish(),
};

interface Content {
  text?: string | null | undefined;
  html?: string | null | undefined;
}
const hasText = ({ text, html }: Content) => Boolean(text?.trim() || html?.trim());
const NO_TEXT = { path: ['text'], error: 'or html must not be empty' };

/** A reply, or with `note: true` an internal note, which is not sent. */
export const ReplyBody = z
  .strictObject({ ...content, ...mail, note: z.boolean('must be true or false').default(false) })
  .refine(hasText, NO_TEXT)
  .superRefine((body, check) => {
    for (const field of Object.keys(mail) as (keyof typeof mail)[])
      if (body.note && body[field] !== undefined && body[field] !== null)
        check.addIssue({ code: 'custom', path: [field], message: 'must be left out: a note is not sent' });
  });

/** A new ticket, with the message that opens it. */
export const NewTicketBody = z.strictObject({ ...content, ...mail }).refine(hasText, NO_TEXT);

/**
 * A new conversation. It is shared unless `personal` says otherwise, or the sending address is the user's
 * own.
 */
export const NewConversationBody = z
  .strictObject({ ...content, ...mail, personal: z.boolean('must be true or false').nullish() })
  .refine(hasText, NO_TEXT);

/** The body of a request as a draft. */
export function draftOf(body: z.output<typeof NewTicketBody>): Draft {
  return {
    to: body.to ?? null,
    cc: body.cc ?? null,
    bcc: body.bcc ?? [],
    subject: body.subject ?? null,
    sendingEmail: body.sending_email ? normaliseAddress(body.sending_email.email) : null,
    text: body.text ?? null,
    html: body.html ?? null,
    attachments: body.attachments,
    sendAt: body.send_at ?? null,
    undoSeconds: body.undo_seconds ?? null,
  };
}

/**
 * Reads one address: `ann@x.test`, `Ann <ann@x.test>`, `"Lee, Ann" <ann@x.test>`.
 * @returns null for anything else
 */
function readAddress(text: string): Address | null {
  const written = storable(text).trim();
  const named = /^(?:"((?:[^"\\]|\\.)*)"|([^"<>]*?))\s*<([^<>]*)>$/.exec(written);
  const email = (named ? named[3]! : written).trim();
  if (normaliseAddress(email) === null) return null;
  const name = named?.[1]?.replace(/\\(.)/g, '$1') ?? named?.[2] ?? '';
  return { email, name: name.replace(/\s+/g, ' ').trim() };
}
