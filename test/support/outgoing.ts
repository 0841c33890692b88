import { readFile } from 'node:fs/promises';
import { WorkflowNotFoundError } from '@temporalio/client';
import { simpleParser, type ParsedMail } from 'mailparser';
import PostalMime, { type Email } from 'postal-mime';
import type { MessageRow, TicketRow } from '../../src/infra/models/index.ts';
import type { ComposedMail } from '../../dev/mailgun/mail.ts';
import type { ReceiveOptions } from '../../dev/mailgun/receive.ts';
import { newId } from '../../src/lib/ids.ts';
import type { OutboxMail } from '../../dev/mailgun/outbound/types.ts';
import { messageOf, rowIn, sendMail, signed } from './mails.ts';
import type { RequestOptions, Stack } from './stack.ts';
import { until } from './until.ts';

/** A message as the API shows it, as far as tests read it by name. */
export interface ShownMessage {
  id: string;
  direction: string;
  state: string;
  from: { email: string; name: string };
  reply_to: { email: string; name: string }[];
  to: { email: string; name: string }[];
  cc: { email: string; name: string }[];
  bcc?: { email: string; name: string }[];
  sending_email: string | null;
  subject: string;
  text: string;
  html: string | null;
  message_id: string;
  in_reply_to: string | null;
  references: string[];
  created_at: string;
  send_at: string | null;
  reason: string | null;
  deliveries: { recipient: string; state: string; reason: string | null; at: string }[];
  attachments: { id: string; filename: string; content_type: string; inline: boolean; url: string }[];
}

/** Where a thread is in the API: `tickets/<id>`. */
const pathOf = ({ thread_kind, thread_id }: MessageRow): string => `${thread_kind}s/${thread_id}`;

/** A mail from Ann that has become a message of a thread. @returns it, and its thread's path in the API */
export async function mailIn(
  stack: Stack,
  mail: ComposedMail = {},
  options: ReceiveOptions = {},
): Promise<{ message: MessageRow; path: string }> {
  const messageId = await sendMail(stack, mail, options);
  // The message is stored before its thread.
  await rowIn(stack, messageId, 'routed');
  const message = await messageOf(stack, messageId);
  return { message, path: pathOf(message) };
}

/** `POST …/messages`; it goes out at once unless the request says otherwise. */
export const postReply = (
  stack: Stack,
  path: string,
  body: object,
  options?: RequestOptions,
): Promise<Response> => stack.request('POST', `${path}/messages`, { undo_seconds: 0, ...body }, options);

/**
 * A reply that the API accepts. On a slow machine MongoDB may take longer than the API waits: then it is
 * posted again.
 */
export async function reply(
  stack: Stack,
  path: string,
  body: object = { text: 'It arrives tomorrow.' },
  options?: RequestOptions,
): Promise<ShownMessage> {
  const headers = { 'Idempotency-Key': newId(), ...options?.headers };
  const answer = await until('the API to answer', async () => {
    const posted = await postReply(stack, path, body, { ...options, headers });
    return posted.status !== 503 && posted;
  });
  const json: unknown = await answer.json();
  expect([answer.status, json]).toEqual([202, expect.objectContaining({ id: expect.any(String) })]);
  return json as ShownMessage;
}

/** The messages of a thread as the API shows them, oldest first; up to a hundred. */
export async function messagesOf(stack: Stack, path: string, token?: string): Promise<ShownMessage[]> {
  const answer = await stack.api(`${path}/messages?limit=100`, token);
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { data: ShownMessage[] }).data;
}

/** One message as the API shows it. */
export async function messageAt(
  stack: Stack,
  path: string,
  id: string,
  token?: string,
): Promise<ShownMessage> {
  const answer = await stack.api(`${path}/messages/${id}`, token);
  expect(answer.status).toBe(200);
  return (await answer.json()) as ShownMessage;
}

/** Waits until a reply is in one of these states, and gives it as the API shows it. */
export function inState(
  stack: Stack,
  path: string,
  id: string,
  states: string | string[],
  { token, withinMs = 180_000 }: { token?: string; withinMs?: number } = {},
): Promise<ShownMessage> {
  let last: ShownMessage | null = null;
  const look = async () => {
    const answer = await stack.api(`${path}/messages/${id}`, token);
    // A web process that has just been started answers before it has reached MongoDB.
    if (answer.status === 503) return false;
    expect(answer.status).toBe(200);
    last = (await answer.json()) as ShownMessage;
    return [states].flat().includes(last.state) && last;
  };
  return until(`${id} to be ${[states].flat().join(' or ')}`, look, withinMs).catch((error: unknown) => {
    throw new Error(`${(error as Error).message}; it is ${last?.state} (${last?.reason})`);
  });
}

/** What the recipients of a reply received; waits for `count` of them. */
export const outboxOf = (stack: Stack, messageId: string, count = 1): Promise<OutboxMail[]> =>
  until(`${count} recipients to have ${messageId}`, () => {
    const mails = stack.sandbox.outbox.filter((mail) => mail.messageId === messageId);
    return mails.length >= count && mails;
  });

/** A raw mail as two mail programs read it. */
export interface Opened {
  raw: string;
  mailparser: ParsedMail;
  postal: Email;
}

export async function opened({ emlFile }: OutboxMail): Promise<Opened> {
  const eml = await readFile(emlFile);
  const [mailparser, postal] = await Promise.all([simpleParser(eml), PostalMime.parse(eml)]);
  return { raw: eml.toString('latin1'), mailparser, postal };
}

/** The mail that the first recipient of a reply received. */
export async function openedReply(stack: Stack, messageId: string): Promise<Opened> {
  return opened((await outboxOf(stack, messageId))[0]!);
}

/** The customer answers a mail, as a mail program does. @returns the message that the answer became */
export async function customerAnswers(
  stack: Stack,
  { postal }: Opened,
  mail: ComposedMail = {},
): Promise<MessageRow> {
  const to = postal.replyTo?.[0] ?? postal.from;
  const { message } = await mailIn(stack, {
    to: [to?.address ?? ''],
    subject: `AW: ${postal.subject ?? ''}`,
    text: 'Thank you, that helps.',
    inReplyTo: postal.messageId,
    references: [...idsIn(postal.references), ...idsIn(postal.messageId)],
    ...mail,
  });
  return message;
}

/** The ids of a References header, with angle brackets. */
export const idsIn = (header = ''): string[] => header.match(/<[^<>]+>/g) ?? [];

export const ticketOf = ({ models }: Stack, message: MessageRow): Promise<TicketRow> =>
  models.Ticket.findById(message.thread_id).orFail().lean<TicketRow>();

/**
 * Waits until the run of a reply is over.
 * @returns its outcome. A reply that was cancelled before its run was started has no run.
 */
export const runOf = (stack: Stack, id: string): Promise<object> =>
  until(
    `the run of ${id}`,
    () =>
      stack.client.workflow
        .getHandle(`reply/${id}`)
        .result()
        .catch(async (error: unknown) => {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
          const row = await stack.models.Message.findById(id).orFail().lean<MessageRow>();
          return row.state === 'cancelled' && !row.outbound?.wants_start && { action: 'cancelled' };
        }) as Promise<object | false>,
    180_000,
  );

/** Posts an event as the provider would. @param at seconds since 1970. @returns the status */
export async function postEvent(
  stack: Stack,
  { messageId, recipient, at, ...event }: PostedEvent,
): Promise<number> {
  const answer = await fetch(`${stack.webUrl}/webhooks/mailgun/events`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      signature: signed(),
      'event-data': {
        id: newId(),
        timestamp: at ?? Date.now() / 1000,
        recipient,
        message: { headers: { 'message-id': messageId.slice(1, -1) } },
        'user-variables': {},
        ...event,
      },
    }),
  });
  return answer.status;
}

interface PostedEvent {
  event: string;
  messageId: string;
  recipient: string;
  at?: number;
  [field: string]: unknown;
}

/** The provider's event of a permanent bounce. */
export const BOUNCED = {
  event: 'failed',
  severity: 'permanent',
  reason: 'bounce',
  'delivery-status': { code: 550, message: '5.1.1 No such user', 'attempt-no': 1 },
};
