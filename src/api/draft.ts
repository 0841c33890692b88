import { z } from 'zod';
import { normaliseAddress, type Address } from '../mail/addresses.ts';
import { caps } from '../mail/caps.ts';
import { storable } from '../mail/text.ts';
import type { Draft } from '../core/replies/draft.ts';
import type { ThreadFields } from '../infra/models/outbound.ts';
import type { DraftContent } from '../core/replies/drafts.ts';
import { DRAFT_KINDS, REPLY_MODES } from '../infra/models/draft.ts';
import { CONTROL, NO_CONTROL, OneLine } from './fields.ts';
import { threadFields } from './threadFields.ts';

export const MAX_SUBJECT_CHARS = 1_000;
/** Most addresses in one list: the limit of Mailgun for one message. */
const MAX_LISTED = 1_000;
const MAX_FILES = 100;
const MAX_MENTIONS = 50;
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

const Time = z.iso
  .datetime({ offset: true, error: 'must be a time, like 2026-11-23T10:00:00Z' })
  .transform((text) => new Date(text));

const Id = (of: string) => z.string(`must be the id of ${of}`).max(200, 'must be at most 200 characters');

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
  send_at: Time.nullish(),
  undo_seconds: UndoSeconds.nullish(),
  cancel_on_reply: z
    .boolean('must be true or false')
    .nullish()
    .meta({ description: 'With `send_at`: it is called off when the customer writes first.' }),
  attachments_of: Id('a message')
    .nullish()
    .meta({ description: 'A message whose files are sent too, as copies.' }),
};
const needsTime = {
  path: ['cancel_on_reply'],
  error: 'needs send_at: only a message that is sent later can be called off',
};
const hasTime = ({ cancel_on_reply, send_at }: { cancel_on_reply?: boolean | null; send_at?: unknown }) =>
  !cancel_on_reply || Boolean(send_at);

/** What happens together with the saving of the message, or when it can no longer be taken back. */
const acts = {
  draft: Id('a draft')
    .nullish()
    .meta({ description: 'Your draft that becomes this message: it is removed in the same act.' }),
  ...threadFields,
};
export const ACTS =
  'The fields `status`, `agent_id`, `priority` and `tags` change the thread when the message can no longer ' +
  'be taken back (a note: at once). A `status` is not set if the customer has written meanwhile.';

interface Content {
  text?: string | null | undefined;
  html?: string | null | undefined;
}
const hasText = ({ text, html }: Content) => Boolean(text?.trim() || html?.trim());
const NO_TEXT = { path: ['text'], error: 'or html must not be empty' };

const Mentions = z
  .array(Id('a member'), 'must be a list of members')
  .max(MAX_MENTIONS, `must be at most ${MAX_MENTIONS}`)
  .transform((ids) => [...new Set(ids)]);

/** A reply, or with `note: true` an internal note, which is not sent. */
export const ReplyBody = z
  .strictObject({
    ...content,
    ...mail,
    ...acts,
    note: z.boolean('must be true or false').default(false),
    kind: z
      .enum(REPLY_MODES, 'must be "reply", "reply_all" or "forward"')
      .nullish()
      .meta({ description: 'How it answers, for what is left out. By default as a reply to all.' }),
    quote: Id('a message')
      .nullish()
      .meta({ description: 'A mail of the thread that is put below the message, with its pictures.' }),
    after: Id('a message')
      .nullish()
      .meta({
        description:
          'The newest message that you have read. If the thread got further ones since, apart from notes and ' +
          'automatic mail, nothing is saved: 412, with these in `messages`.',
      }),
    mentions: Mentions.optional().meta({ description: 'Of a note: the members whom it mentions.' }),
  })
  .refine(hasText, NO_TEXT)
  .refine(hasTime, needsTime)
  .refine(({ note, mentions }) => note || !mentions?.length, {
    path: ['mentions'],
    error: 'must be left out: only a note mentions members',
  })
  .superRefine((body, check) => {
    for (const field of [...(Object.keys(mail) as (keyof typeof mail)[]), 'quote' as const])
      if (body.note && body[field] !== undefined && body[field] !== null)
        check.addIssue({ code: 'custom', path: [field], message: 'must be left out: a note is not sent' });
  });

/** A new ticket, with the message that opens it. */
export const NewTicketBody = z
  .strictObject({ ...content, ...mail, ...acts })
  .refine(hasText, NO_TEXT)
  .refine(hasTime, needsTime);

/**
 * A new conversation. It is shared unless `personal` says otherwise, or the sending address is the user's
 * own.
 */
export const NewConversationBody = z
  .strictObject({ ...content, ...mail, ...acts, personal: z.boolean('must be true or false').nullish() })
  .refine(hasText, NO_TEXT)
  .refine(hasTime, needsTime);

/** A change of a note. */
export const NoteBody = z
  .strictObject({ text: Text.nullish(), html: Text.nullish(), mentions: Mentions.optional() })
  .refine(hasText, NO_TEXT);

/** An address of a draft: what is no address yet is kept as it was typed. */
const TypedAddress = z
  .string('must be text')
  .max(1_000, 'must be at most 1,000 characters')
  .transform((text) => readAddress(text) ?? { email: storable(text).trim(), name: '' });
const TypedAddresses = z
  .array(TypedAddress, 'must be a list of addresses')
  .max(MAX_LISTED, `must be at most ${MAX_LISTED}`);

/** What a member is writing. Everything may be left out or incomplete. */
const draftFields = {
  mode: z.enum(REPLY_MODES, 'must be "reply", "reply_all" or "forward"').nullable(),
  message_id: Id('a message').nullable(),
  to: TypedAddresses.nullable(),
  cc: TypedAddresses.nullable(),
  bcc: TypedAddresses.nullable(),
  subject: OneLine(MAX_SUBJECT_CHARS).nullable(),
  sending_email: OneLine(1_000).nullable(),
  text: Text,
  html: Text.nullable(),
  attachments: content.attachments.unwrap(),
  quote: Id('a message').nullable(),
  send_at: Time.nullable(),
};
/** With `PUT` fields that are left out are empty, with `PATCH` they stay. */
export const DraftBody = z.strictObject(draftFields).partial();
const ThreadKind = z.enum(['ticket', 'conversation'], 'must be "ticket" or "conversation"');
export const DraftChangeBody = DraftBody.extend({
  thread_kind: ThreadKind.optional().meta({ description: 'Of a draft of a new thread alone.' }),
});
export const NewDraftBody = z
  .strictObject({
    ...DraftBody.shape,
    kind: z.enum(DRAFT_KINDS, 'must be "reply", "note" or "new"').default('new'),
    thread_kind: ThreadKind.default('ticket'),
    thread_id: Id('a thread').nullable().default(null),
  })
  .refine(({ kind, thread_id }) => (kind === 'new') === (thread_id === null), {
    path: ['thread_id'],
    error: 'must be the thread of a reply or note, and must be left out for `new`',
  });

/** The body of a request as the content of a draft. */
export const draftContentOf = (body: z.output<typeof DraftBody>): Partial<DraftContent> =>
  Object.fromEntries(Object.entries(body).filter(([field]) => field in draftFields));

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
    threadChange: threadChangeOf(body),
    kind: null,
    quote: null,
    cancelOnReply: body.cancel_on_reply ?? false,
    mentions: [],
  };
}

/** Null when the message changes nothing of the thread. */
function threadChangeOf({ status, agent_id, priority, tags }: z.output<typeof NewTicketBody>) {
  const given = Object.entries({ status, agent_id, priority, tags }).filter(
    ([, value]) => value !== undefined,
  );
  return given.length === 0 ? null : (Object.fromEntries(given) as ThreadFields);
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
