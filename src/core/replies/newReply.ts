import { randomBytes } from 'node:crypto';
import { normaliseAddress, type Address } from '../../mail/addresses.ts';
import { parentIds } from '../../mail/messageIds.ts';
import type { AttachmentRow, MessageRow, Models } from '../../infra/models/index.ts';
import type { Outbound } from '../../infra/models/outbound.ts';
import { UNDO_SECONDS } from '../../infra/models/workspace.ts';
import { composedBytes, MAX_COMPOSED_BYTES } from './compose.ts';
import { replyDefaults } from './defaults.ts';
import { type Author, type Draft, type ReplyThread, Unfit } from './draft.ts';
import type { SafeBody } from './safeBody.ts';
import { findSender } from './sender.ts';
import { findUploads, markShown } from './uploads.ts';
import { DAY_MS } from '../../lib/time.ts';

/** What is asked for, and by whom. */
export interface Order {
  /** Id that the message will have. */
  id: string;
  /** Of the request, for its Idempotency-Key. */
  requestHash: string;
  author: Author;
  draft: Draft;
  body: SafeBody;
}

/** A message to be saved, and the files that become its own. */
export interface NewMessage {
  row: MessageRow;
  uploads: AttachmentRow[];
}

export interface NewReplyDeps {
  models: Models;
  /** Right side of the Message-Ids that we make. */
  platformDomain: string;
}

/** Recipients of one message (Mailgun takes 1,000 a call). */
const MAX_RECIPIENTS = 1_000;
/** A later `send_at` is a mistake in its unit or its year. */
const LONGEST_AHEAD_MS = 366 * DAY_MS;

/** A reply on a ticket or conversation. Everything about it but its sender is decided here, for ever. @throws Unfit */
export async function newReply(deps: NewReplyDeps, order: Order, thread: ReplyThread): Promise<NewMessage> {
  const { draft, author } = order;
  const defaults = await replyDefaults(deps.models, thread.row);
  if (draft.sendingEmail !== null) {
    const found = await findSender(deps.models, thread.row, draft.sendingEmail, author.userId);
    if (!found.sender) throw new Unfit('sending_email', found.reason);
  }
  return newOutbound(deps, order, {
    ...placeIn(thread),
    ...eachOnce(draft.to ?? defaults.to, draft.cc ?? defaults.cc, draft.bcc),
    subject: draft.subject ?? defaults.subject,
    in_reply_to: defaults.inReplyTo,
    references: defaults.references,
    names: parentIds({
      in_reply_to: defaults.inReplyTo === null ? [] : [defaults.inReplyTo],
      references: defaults.references,
    }),
  });
}

/** An internal note: for us only. @throws Unfit */
export async function newNote(
  { models }: NewReplyDeps,
  order: Order,
  thread: ReplyThread,
): Promise<NewMessage> {
  const uploads = await findUploads(models, order.author, order.draft.attachments, order.id);
  const row: MessageRow = {
    ...blank(order),
    ...placeIn(thread),
    direction: 'note',
    state: 'saved',
    subject: thread.row.subject,
  };
  return { row, uploads: markShown(uploads, order.body.shownCids) };
}

const placeIn = ({ kind, row }: ReplyThread) => ({
  thread_kind: kind,
  thread_id: row._id,
  audience: row.audience,
});

/** What tells one outbound message from another. */
type Outgoing = Pick<MessageRow, 'thread_kind' | 'thread_id' | 'audience' | 'to' | 'cc' | 'subject'> &
  Partial<MessageRow> & { bcc: Address[] };

/** @throws Unfit when nobody would get it, or it is too large, or its time is wrong. */
export async function newOutbound(
  { models, platformDomain }: NewReplyDeps,
  order: Order,
  { bcc, ...outgoing }: Outgoing,
): Promise<NewMessage> {
  const { draft, author } = order;
  const people = [...outgoing.to, ...outgoing.cc, ...bcc];
  if (people.length === 0) throw new Unfit('to', 'names nobody, and nor do cc and bcc');
  if (people.length > MAX_RECIPIENTS)
    throw new Unfit('to', `with cc and bcc has ${people.length} recipients; ${MAX_RECIPIENTS} are the most`);
  const blankRow = blank(order);
  const row: MessageRow & { outbound: Outbound } = {
    ...blankRow,
    ...outgoing,
    message_id: `<${randomBytes(16).toString('hex')}@${platformDomain}>`,
    people: people.map(({ email }) => normaliseAddress(email) ?? email),
    outbound: {
      bcc,
      send_at: draft.sendAt,
      due_at: draft.sendAt ?? (await undoneUntil(models, author, draft, blankRow.created_at)),
      run: 1,
      wants_start: true,
      is_open: true,
      attempt: 0,
      attempt_at: null,
      unclear: false,
      trying_since: null,
      reason: null,
      state_at: blankRow.created_at,
      deliveries: [],
      changes: 0,
    },
  };
  checkTime(draft.sendAt, row.created_at);
  const uploads = await findUploads(models, author, draft.attachments, order.id);
  const bytes = await composedBytes(row, uploads);
  if (bytes > MAX_COMPOSED_BYTES) {
    const why = `would make a mail of ${bytes} bytes; ${MAX_COMPOSED_BYTES} are the most that can be sent`;
    throw new Unfit(uploads.length > 0 ? 'attachments' : 'html', why);
  }
  return { row, uploads: markShown(uploads, order.body.shownCids) };
}

/** What all messages of agents have in common. */
function blank({
  id,
  author,
  requestHash,
  draft,
  body,
}: Order): Omit<MessageRow, 'thread_kind' | 'thread_id' | 'audience' | 'subject'> {
  return {
    _id: id,
    workspace_id: author.workspaceId,
    direction: 'outbound',
    state: draft.sendAt === null ? 'queued' : 'scheduled',
    // Decided when it goes out (activities/replies/resolveSendingEmail.ts).
    from: { email: '', name: '' },
    sender: { email: '', name: '' },
    reply_to: [],
    to: [],
    cc: [],
    to_email: null,
    workspace_email_id: null,
    sending_email: draft.sendingEmail,
    text: body.text,
    html: body.html,
    cut: [],
    headers: [],
    message_id: null,
    in_reply_to: null,
    references: [],
    names: [],
    people: [],
    sender_known: true,
    opens: false,
    auto_reply: false,
    list_mail: false,
    spam: false,
    sent_at: null,
    contact_id: null,
    inbound_email_id: null,
    files: [],
    copies: [],
    author_id: author.userId,
    request_hash: requestHash,
    outbound: null,
    created_at: new Date(),
  };
}

/** Who is named twice is written to once: in To before Cc before Bcc. */
export function eachOnce(to: Address[], cc: Address[], bcc: Address[]) {
  const seen = new Set<string>();
  const unseen = (list: Address[]) =>
    list.filter(({ email }) => {
      const address = normaliseAddress(email) ?? email;
      return !seen.has(address) && seen.add(address);
    });
  return { to: unseen(to), cc: unseen(cc), bcc: unseen(bcc) };
}

function checkTime(sendAt: Date | null, now: Date): void {
  if (sendAt === null) return;
  if (sendAt <= now) throw new Unfit('send_at', 'is not in the future');
  if (sendAt.getTime() > now.getTime() + LONGEST_AHEAD_MS)
    throw new Unfit('send_at', 'is more than a year ahead');
}

async function undoneUntil(
  models: Models,
  { workspaceId }: Author,
  { undoSeconds }: Draft,
  now: Date,
): Promise<Date> {
  const workspace =
    undoSeconds === null ? await models.Workspace.findById(workspaceId, { undo_seconds: 1 }).lean() : null;
  const seconds = undoSeconds ?? workspace?.undo_seconds ?? UNDO_SECONDS;
  return new Date(now.getTime() + seconds * 1000);
}
