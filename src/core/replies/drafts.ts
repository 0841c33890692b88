import type { ClientSession } from 'mongoose';
import type { Address } from '../../mail/addresses.ts';
import { fillPlaceholders } from '../../mail/html.ts';
import {
  collectionOf,
  type AttachmentRow,
  type DraftRow,
  type MessageRow,
  type Models,
  type OutboundMessageRow,
} from '../../infra/models/index.ts';
import { hashOf } from '../../lib/ids.ts';
import { DAY_MS } from '../../lib/time.ts';
import { TRASH_DAYS } from '../threads/trash.ts';
import { Unfit, type Author } from './draft.ts';
import { findUploads, uploaderOnly } from './uploads.ts';

/** What its writer may change; what a new thread will be as well. */
export type DraftChange = Partial<DraftContent & Pick<DraftRow, 'thread_kind'>>;

/** What its writer may set. */
export type DraftContent = Pick<
  DraftRow,
  | 'mode'
  | 'message_id'
  | 'to'
  | 'cc'
  | 'bcc'
  | 'subject'
  | 'sending_email'
  | 'text'
  | 'html'
  | 'attachments'
  | 'quote'
  | 'send_at'
>;
/** What a draft is for. */
export type DraftPlace = Pick<DraftRow, 'kind' | 'thread_kind' | 'thread_id'>;

/** Filter for drafts of this member that were not sent. */
export const ownDrafts = ({ workspaceId, userId }: Author) => ({
  workspace_id: workspaceId,
  user_id: userId,
  sent_as: null,
});

/** Id of a member's one draft of this kind in a thread. */
export const draftIdFor = ({ workspaceId, userId }: Author, { kind, thread_id }: DraftPlace): string =>
  hashOf('draft', workspaceId, userId, thread_id, kind);

const EMPTY: DraftContent = {
  mode: null,
  message_id: null,
  to: null,
  cc: null,
  bcc: null,
  subject: null,
  sending_email: null,
  text: '',
  html: null,
  attachments: [],
  quote: null,
  send_at: null,
};

export function newDraft(
  _id: string,
  { workspaceId, userId }: Author,
  place: DraftPlace,
  content: Partial<DraftContent>,
): DraftRow {
  const now = new Date();
  return {
    _id,
    workspace_id: workspaceId,
    user_id: userId,
    ...place,
    ...EMPTY,
    ...content,
    sent_as: null,
    taken_back: null,
    expires_at: null,
    created_at: now,
    updated_at: now,
    changes: 0,
  };
}

/** The change of a draft as an update of MongoDB. @param whole fields that are left out are emptied */
export const draftChange = (content: DraftChange, whole: boolean) => ({
  $set: { ...(whole && EMPTY), ...content, updated_at: new Date() },
  $inc: { changes: 1 },
});

/**
 * Makes sure that a draft's files stay: an upload is deleted a day after this, unless a draft names it then
 * (activities/retention/deleteOldUploads.ts). Runs before the draft is saved.
 * @throws Unfit for a file that is not an upload of the author
 */
export async function keepUploads(models: Models, author: Author, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await findUploads(models, author, ids, null);
  const own = { workspace_id: author.workspaceId, message_id: '', audience: uploaderOnly(author.userId) };
  const { matchedCount } = await models.Attachment.updateMany(
    { ...own, _id: { $in: ids } },
    { $set: { created_at: new Date() } },
  );
  if (matchedCount !== ids.length)
    throw new Unfit('attachments', 'has a file that was deleted; upload it again');
}

/** Id of a draft that became a message. */
const sentId = (messageId: string): string => hashOf('sent draft', messageId);

/**
 * The draft becomes the message: part of the transaction that stores it. The draft is kept for as long as the
 * message may be taken back.
 * @throws Unfit when the draft is gone, for example because another tab has sent it
 */
export async function draftBecomes(
  models: Models,
  draftId: string,
  message: MessageRow,
  author: Author,
  session: ClientSession,
): Promise<void> {
  const drafts = collectionOf(models.Draft);
  const draft = await drafts.findOneAndDelete({ _id: draftId, ...ownDrafts(author) }, { session });
  if (!draft)
    throw new Unfit('draft', 'is no draft of yours: it was sent or discarded, perhaps in another window');
  if (!message.outbound) return;
  const expires_at = new Date(message.outbound.due_at.getTime() + DAY_MS);
  const sent = { ...draft, _id: sentId(message._id), sent_as: message._id, expires_at };
  await drafts.insertOne(sent, { session });
}

/** Keeps the draft of a message that was stopped with its thread, for as long as that can be restored. */
export async function keepSentDraft(
  models: Models,
  { _id, workspace_id }: OutboundMessageRow,
  session: ClientSession,
): Promise<void> {
  const expires_at = new Date(Date.now() + (TRASH_DAYS + 1) * DAY_MS);
  const sent = { _id: sentId(_id), workspace_id };
  await collectionOf(models.Draft).updateOne(sent, { $set: { expires_at } }, { session });
}

/**
 * A message that was taken back becomes its author's draft again, with its files: part of the transaction
 * that cancels it. If the author has begun another draft in this thread, the draft gets an id of its own.
 */
export async function becomesDraft(
  models: Models,
  message: OutboundMessageRow,
  session: ClientSession,
): Promise<void> {
  const { workspace_id, thread_id, thread_kind } = message;
  const author = { workspaceId: workspace_id, userId: message.author_id };
  const drafts = collectionOf(models.Draft);
  const sent = await drafts.findOneAndDelete({ _id: sentId(message._id), workspace_id }, { session });
  // A draft still says what it quotes: the copies for that are made again when it is sent.
  const files = await releaseFiles(models, message, sent !== null, session);
  const place = { kind: 'reply', thread_kind, thread_id } as const;
  const slot = draftIdFor(author, place);
  const isTaken = await drafts.findOne({ _id: slot, workspace_id }, { session, projection: { _id: 1 } });
  const id = isTaken ? hashOf('taken back', message._id) : slot;
  const draft = newDraft(id, author, place, sent ? contentOf(sent) : contentOfMessage(message));
  await drafts.insertOne({ ...draft, attachments: files, taken_back: message._id }, { session });
}

/**
 * The draft of its author that the message became when it was taken back. Null: it was sent or discarded since
 * then.
 */
export const takenBackDraft = (
  models: Models,
  { _id, workspace_id, author_id, thread_id }: OutboundMessageRow,
) =>
  models.Draft.findOne({
    ...ownDrafts({ workspaceId: workspace_id, userId: author_id }),
    thread_id,
    taken_back: _id,
  }).lean<DraftRow>();

const contentOf = (draft: DraftRow): DraftContent =>
  Object.fromEntries(
    Object.keys(EMPTY).map((field) => [field, draft[field as keyof DraftContent]]),
  ) as unknown as DraftContent;

/** Of a message that was not written as a draft. */
function contentOfMessage(message: OutboundMessageRow): DraftContent {
  const { to, cc, subject, sending_email, text, html, outbound } = message;
  return {
    ...EMPTY,
    to: plain(to),
    cc: plain(cc),
    bcc: plain(outbound.bcc),
    subject,
    sending_email,
    text,
    html: html === null ? null : fillPlaceholders(html, (cid) => `cid:${encodeURIComponent(cid)}`),
    send_at: outbound.send_at,
  };
}

const plain = (people: Address[]): Address[] => people.map(({ email, name }) => ({ email, name }));

/**
 * The message's files become uploads of its author again.
 * @returns their ids, in order
 */
async function releaseFiles(
  models: Models,
  { _id: message_id, workspace_id, author_id }: OutboundMessageRow,
  withoutCopies: boolean,
  session: ClientSession,
): Promise<string[]> {
  const filter = { workspace_id, message_id };
  const files = await models.Attachment.find(filter, { copy_of: 1 }, { session })
    .sort({ position: 1 })
    .lean<Pick<AttachmentRow, '_id' | 'copy_of'>[]>();
  if (files.length > 0)
    await models.Attachment.updateMany(
      filter,
      { $set: { message_id: '', audience: uploaderOnly(author_id), created_at: new Date() } },
      { session },
    );
  return files.flatMap(({ _id, copy_of }) => (withoutCopies && copy_of !== undefined ? [] : [_id]));
}
