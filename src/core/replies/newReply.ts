import { randomBytes } from 'node:crypto';
import { normaliseAddress, type Address } from '../../mail/addresses.ts';
import { mailWords, MAX_WORDS } from '../../mail/searchWords.ts';
import { parentIds } from '../../mail/messageIds.ts';
import type {
  AttachmentRow,
  MessageRow,
  Models,
  NoteRow,
  OutboundMessageRow,
} from '../../infra/models/index.ts';
import { NO_ADDRESS, NOT_RECEIVED, NOT_SENT } from '../../infra/models/message.ts';
import type { Outbound } from '../../infra/models/outbound.ts';
import { UNDO_SECONDS } from '../../infra/models/workspace.ts';
import { composedBytes, MAX_COMPOSED_BYTES } from './compose.ts';
import { replyDefaults } from './defaults.ts';
import { type Author, type Draft, type ReplyThread, Unfit } from './draft.ts';
import type { SafeBody } from './safeBody.ts';
import { findSender } from './sender.ts';
import { findUploads, markShown } from './uploads.ts';
import { DAY_MS } from '../../lib/time.ts';

/** A request to save a message. */
export interface Order {
  /** The message's id. */
  id: string;
  /** Hash of the request: an Idempotency-Key counts only for an equal one. */
  requestHash: string;
  author: Author;
  draft: Draft;
  body: SafeBody;
  /** Files that it gets beside the draft's own: pictures of what it quotes. */
  copies: AttachmentRow[];
}

/** A message to save, and the uploads that become its attachments. */
export interface NewMessage {
  row: MessageRow;
  uploads: AttachmentRow[];
}

export interface NewReplyDeps {
  models: Models;
  /** Domain of the Message-Ids that we make. */
  platformDomain: string;
}

/** Most recipients of one message (Mailgun: 1,000 a call). */
const MAX_RECIPIENTS = 1_000;
/** A later `send_at` is probably a mistake in its unit or year. */
const LONGEST_AHEAD_MS = 366 * DAY_MS;

/** A reply on a ticket or conversation. Everything about it is final now, except its sender. @throws Unfit */
export async function newReply(deps: NewReplyDeps, order: Order, thread: ReplyThread): Promise<NewMessage> {
  const { draft, author } = order;
  const defaults = await replyDefaults(deps.models, thread.row, { kind: draft.kind });
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

/** An internal note: only members see it. @throws Unfit */
export async function newNote(
  { models }: NewReplyDeps,
  order: Order,
  thread: ReplyThread,
): Promise<NewMessage> {
  const uploads = await filesOf(models, order);
  const row: NoteRow = {
    ...NOT_RECEIVED,
    ...NOT_SENT,
    ...written(order),
    ...placeIn(thread),
    direction: 'note',
    state: 'saved',
    subject: thread.row.subject,
    mentions: order.draft.mentions,
  };
  row.words = wordsOfOurs({ ...row, subject: '' }, order, [], uploads);
  return { row, uploads: markShown(uploads, order.body.shownCids) };
}

const placeIn = ({ kind, row }: ReplyThread) => ({
  thread_kind: kind,
  thread_id: row._id,
  audience: row.audience,
});

/** Where an outbound message belongs, whom it is for, and what it answers or opens. */
type Outgoing = Pick<OutboundMessageRow, 'thread_kind' | 'thread_id' | 'audience' | 'to' | 'cc' | 'subject'> &
  Partial<
    Pick<
      OutboundMessageRow,
      'in_reply_to' | 'references' | 'names' | 'opens' | 'contact_id' | 'workspace_email_id'
    >
  > & { bcc: Address[] };

/** @throws Unfit when it has no recipients, is too large, or its time is wrong. */
export async function newOutbound(
  { models, platformDomain }: NewReplyDeps,
  order: Order,
  { bcc, ...outgoing }: Outgoing,
): Promise<NewMessage> {
  const { draft, author } = order;
  const people = [...outgoing.to, ...outgoing.cc, ...bcc];
  if (people.length === 0) throw new Unfit('to', 'needs at least one recipient, here or in cc or bcc');
  if (people.length > MAX_RECIPIENTS)
    throw new Unfit(
      'to',
      `has ${people.length} recipients with cc and bcc; send it to at most ${MAX_RECIPIENTS}`,
    );
  const common = written(order);
  const row: OutboundMessageRow = {
    ...NOT_RECEIVED,
    ...common,
    direction: 'outbound',
    state: draft.sendAt === null ? 'queued' : 'scheduled',
    // Decided when it goes out (activities/replies/resolveSendingEmail.ts).
    from: NO_ADDRESS,
    sender: NO_ADDRESS,
    reply_to: [],
    sending_email: draft.sendingEmail,
    message_id: `<${randomBytes(16).toString('hex')}@${platformDomain}>`,
    in_reply_to: null,
    references: [],
    names: [],
    opens: false,
    contact_id: null,
    workspace_email_id: null,
    ...outgoing,
    people: people.map(({ email }) => normaliseAddress(email) ?? email),
    outbound: {
      ...newDelivery(common.created_at),
      bcc,
      send_at: draft.sendAt,
      thread_change: draft.threadChange,
      cancel_on_reply: draft.cancelOnReply,
      due_at: draft.sendAt ?? (await undoneUntil(models, author, draft, common.created_at)),
    },
  };
  checkTime(draft.sendAt, row.created_at);
  const uploads = await filesOf(models, order);
  row.words = wordsOfOurs(row, order, [...outgoing.to, ...outgoing.cc], uploads);
  const bytes = await composedBytes(row, uploads);
  if (bytes > MAX_COMPOSED_BYTES) {
    const why =
      `would make a mail of ${bytes} bytes, but at most ${MAX_COMPOSED_BYTES} can be sent; ` +
      'make it smaller';
    throw new Unfit(uploads.length > 0 ? 'attachments' : 'html', why);
  }
  return { row, uploads: markShown(uploads, order.body.shownCids) };
}

/** @throws Unfit */
async function filesOf(models: Models, { author, draft, id, copies }: Order): Promise<AttachmentRow[]> {
  const uploads = await findUploads(models, author, draft.attachments, id);
  return [...uploads, ...copies.filter((copy) => !draft.attachments.includes(copy._id))];
}

/** Whom it is hidden from must not find it: Bcc has no words. */
function wordsOfOurs(
  { subject, text }: MessageRow,
  { body }: Order,
  to: Address[],
  files: AttachmentRow[],
): string[] {
  const filenames = files.map(({ filename }) => filename);
  const words = mailWords({ subject, text: body.words ? '' : text, from: [], to, filenames });
  return [...new Set([...words, ...(body.words ?? [])])].slice(0, MAX_WORDS);
}

/** What all messages of agents have in common. */
const written = ({ id, author, requestHash, body }: Order) => {
  const now = new Date();
  return {
    _id: id,
    workspace_id: author.workspaceId,
    text: body.text,
    html: body.html,
    author_id: author.userId,
    request_hash: requestHash,
    words: [] as string[],
    created_at: now,
    stored_at: now,
  };
};

/** The delivery of a message that is saved at this moment and due at once. Its run is not started yet. */
export const newDelivery = (now: Date): Outbound => ({
  bcc: [],
  send_at: null,
  due_at: now,
  run: 1,
  wants_start: true,
  is_open: true,
  attempt: 0,
  attempt_at: null,
  attempts_before: 0,
  attempt_to: [],
  unclear: false,
  trying_since: null,
  reason: null,
  state_at: now,
  deliveries: [],
  thread_change: null,
  changes: 0,
});

/** Keeps the first of equal addresses: To before Cc before Bcc. */
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
  if (sendAt <= now) throw new Unfit('send_at', 'must be in the future');
  if (sendAt.getTime() > now.getTime() + LONGEST_AHEAD_MS)
    throw new Unfit('send_at', 'must be within a year from now');
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
