import type { mongo } from 'mongoose';
import { previewOf } from '../../mail/preview.ts';
import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import type { SenderReason } from '../../infra/models/message.ts';
import type { ThreadRow, ThreadSummary } from '../../infra/models/thread.ts';
import { threadsOf, unchanged } from './threads.ts';

/** The fields of a message that a summary is made of. */
const SUMMARY_FIELDS = {
  workspace_id: 1,
  audience: 1,
  direction: 1,
  from: 1,
  author_id: 1,
  auto_reply: 1,
  list_mail: 1,
  spam: 1,
  sender_known: 1,
  sender_reason: 1,
  created_at: 1,
} as const;
type Summarised = Pick<MessageRow, '_id' | keyof typeof SUMMARY_FIELDS>;

/** What a list shows of the message while it is its thread's last one. */
export const lastMessageOf = (message: ShownLast) => ({
  id: message._id,
  direction: message.direction,
  from: { email: message.from.email, name: message.from.name },
  author_id: message.author_id,
  at: message.created_at,
  sender_reason: senderReasonOf(message),
});
type ShownLast = Omit<Summarised, 'workspace_id' | 'audience' | 'auto_reply' | 'list_mail' | 'spam'>;

/** Why the sender of a message may be somebody else; null: they are not, or it is ours. */
export const senderReasonOf = ({
  sender_known,
  sender_reason,
}: Pick<MessageRow, 'sender_known' | 'sender_reason'>): SenderReason | null =>
  sender_reason ?? (sender_known ? null : 'stranger');

/** Whether the message has files that its HTML does not show. */
export async function hasFiles(
  models: Models,
  { _id, workspace_id, direction, files }: Pick<MessageRow, '_id' | 'workspace_id' | 'direction' | 'files'>,
): Promise<boolean> {
  if (direction === 'inbound' && files.length === 0) return false;
  return anyFiles(models, workspace_id, [_id]);
}

async function anyFiles(
  models: Models,
  workspace_id: string,
  messageIds: string[],
  session?: mongo.ClientSession,
): Promise<boolean> {
  const file = await collectionOf(models.Attachment).findOne(
    { workspace_id, message_id: { $in: messageIds }, inline: false },
    { projection: { _id: 1 }, ...(session && { session }) },
  );
  return file !== null;
}

/**
 * Makes the summary of a thread again from its messages: after one was cancelled, deleted, moved away, or
 * came from another thread. Idempotent; safe to call concurrently with messages that are being applied.
 * @param session of a transaction that has changed the thread's messages
 */
export async function summarise(
  models: Models,
  kind: MessageRow['thread_kind'],
  { workspace_id, _id }: Pick<ThreadRow, 'workspace_id' | '_id'>,
  session?: mongo.ClientSession,
): Promise<void> {
  const options = session && { session };
  const threads = collectionOf(threadsOf(models, kind));
  for (;;) {
    const thread = await threads.findOne(
      { _id, workspace_id, merged_into: { $exists: false } },
      { ...options, projection: { people: 0, words: 0 } },
    );
    if (!thread) return;
    const summary = await summaryOf(models, thread, session);
    if (isEqual(summary, thread)) return;
    const { modifiedCount } = await threads.updateOne(
      unchanged(thread),
      { $set: { ...summary, updated_at: new Date() }, $inc: { changes: 1 } },
      options,
    );
    if (modifiedCount === 1) return;
  }
}

/** `summarise` for the thread that a message is in. */
export const summariseThreadOf = (
  models: Models,
  { workspace_id, thread_kind, thread_id }: Pick<MessageRow, 'workspace_id' | 'thread_kind' | 'thread_id'>,
): Promise<void> => summarise(models, thread_kind, { workspace_id, _id: thread_id });

type Summary = ThreadSummary & Pick<ThreadRow, 'last_message_at'>;

const isEqual = (summary: Summary, row: ThreadRow): boolean =>
  JSON.stringify(summary) ===
  JSON.stringify(Object.fromEntries(Object.keys(summary).map((key) => [key, row[key as keyof ThreadRow]])));

async function summaryOf(models: Models, thread: ThreadRow, session?: mongo.ClientSession): Promise<Summary> {
  const options = session && { session };
  const { workspace_id, _id: thread_id, audience } = thread;
  const messages = collectionOf(models.Message);
  const shown = await messages
    .find({ workspace_id, thread_id, audience, state: { $ne: 'cancelled' } }, options)
    .project<Summarised>(SUMMARY_FIELDS)
    .sort({ created_at: 1, _id: 1 })
    .toArray();
  const last = shown.at(-1);
  const answered_at = shown.findLast(({ direction }) => direction === 'outbound')?.created_at ?? null;
  const since = Math.max(answered_at?.getTime() ?? 0, thread.settled_at?.getTime() ?? 0);
  const waiting = shown.find((message) => message.created_at.getTime() > since && isQuestion(message));
  const text =
    last &&
    (await messages.findOne({ _id: last._id, workspace_id }, { ...options, projection: { text: 1 } }));
  const ids = shown.map(({ _id }) => _id);
  return {
    preview: text ? previewOf(text.text) : '',
    last_message: last ? lastMessageOf(last) : null,
    has_attachments: ids.length > 0 && (await anyFiles(models, workspace_id, ids, session)),
    waiting_since: waiting?.created_at ?? null,
    answered_at,
    last_message_at: last?.created_at ?? thread.last_message_at,
  };
}

/** Whether the message waits for an answer. Mail of a blocked contact is recorded as spam. */
export const isQuestion = (
  message: Pick<MessageRow, 'direction' | 'auto_reply' | 'list_mail' | 'spam'>,
): boolean => message.direction === 'inbound' && !message.auto_reply && !message.list_mail && !message.spam;
