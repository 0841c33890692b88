import type { mongo } from 'mongoose';
import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import { normaliseAddress } from '../../mail/addresses.ts';
import { takingPart } from './people.ts';
import { threadsOf } from './threads.ts';

/** A thread that messages are moved from or to. */
export interface ThreadRef {
  kind: MessageRow['thread_kind'];
  id: string;
  audience: string;
}

type MovedMessage = Pick<
  MessageRow,
  '_id' | 'contact_id' | 'inbound_email_id' | 'copies' | 'direction' | 'sender' | 'sender_known'
>;

interface MoveOptions {
  /** Move only this message. */
  messageId?: string;
  session?: mongo.ClientSession;
  /** The whole thread moves, and nobody was in the other one: its people go on taking part. */
  isWholeThread?: boolean;
}

/**
 * Moves all messages of a thread, or one of them, together with the rows that carry their audience: files,
 * contacts, and the mails that they came as. Idempotent. Nobody becomes known in the other thread by that.
 */
export async function moveMessages(
  models: Models,
  workspace_id: string,
  from: ThreadRef,
  to: ThreadRef,
  { messageId, session, isWholeThread = false }: MoveOptions = {},
): Promise<void> {
  const options = session && { session };
  if (messageId === undefined) await moveHistory(models, workspace_id, from, to, options);
  const messages = collectionOf(models.Message);
  const filter = { workspace_id, thread_id: from.id, ...(messageId !== undefined && { _id: messageId }) };
  const moving = await messages
    .find(filter, options)
    .project<MovedMessage>({
      contact_id: 1,
      inbound_email_id: 1,
      copies: 1,
      direction: 1,
      sender: 1,
      sender_known: 1,
    })
    .toArray();
  if (moving.length === 0) return;
  const ids = moving.map(({ _id }) => _id);
  // The rows with the audience first: files that members see before the message do less harm than a message
  // whose files no member may see.
  if (from.audience !== to.audience) await updateAudience(models, workspace_id, moving, to, options);
  await updateMails(models, moving, from, to, options);
  if (!isWholeThread) await makeNewcomers(models, workspace_id, moving, { from, to }, session);
  await messages.updateMany(
    { workspace_id, _id: { $in: ids }, thread_id: from.id },
    { $set: { thread_kind: to.kind, thread_id: to.id, audience: to.audience } },
    options,
  );
}

/**
 * Messages that come from another thread bring nobody in, open nothing, and are marked where their sender takes no
 * part in this one: else a stranger's mail, once it was merged, would be what a reply answers.
 */
async function makeNewcomers(
  models: Models,
  workspace_id: string,
  moving: MovedMessage[],
  { from, to }: { from: ThreadRef; to: ThreadRef },
  session: mongo.ClientSession | undefined,
): Promise<void> {
  const messages = collectionOf(models.Message);
  const options = session && { session };
  const inFrom = { workspace_id, thread_id: from.id };
  const writer = ({ sender }: MovedMessage) => normaliseAddress(sender.email) ?? '';
  const mails = moving.filter(({ direction, sender_known }) => direction === 'inbound' && sender_known);
  const known = await takingPart(models, { workspace_id, thread_id: to.id }, mails.map(writer), session);
  const strange = mails.filter((mail) => !known.has(writer(mail))).map(({ _id }) => _id);
  await messages.updateMany(
    { _id: { $in: strange }, ...inFrom },
    { $set: { sender_known: false, sender_reason: 'stranger' } },
    options,
  );
  await messages.updateMany(
    { _id: { $in: moving.map(({ _id }) => _id) }, ...inFrom },
    { $set: { opens: false, people: [] } },
    options,
  );
}

/** Who sees the messages of a thread sees what was done to it, and nobody else. */
async function moveHistory(
  models: Models,
  workspace_id: string,
  from: ThreadRef,
  to: ThreadRef,
  options: { session: mongo.ClientSession } | undefined,
): Promise<void> {
  await collectionOf(models.History).updateMany(
    { workspace_id, thread_id: from.id },
    { $set: { thread_kind: to.kind, thread_id: to.id, audience: to.audience } },
    options,
  );
}

async function updateAudience(
  models: Models,
  workspace_id: string,
  moving: MovedMessage[],
  { audience }: ThreadRef,
  options: { session: mongo.ClientSession } | undefined,
): Promise<void> {
  await updateFileAudience(
    models,
    workspace_id,
    moving.map(({ _id }) => _id),
    audience,
    options,
  );
  const contacts = new Set(moving.flatMap(({ contact_id }) => contact_id ?? []));
  await collectionOf(models.Contact).updateMany(
    { _id: { $in: [...contacts] }, workspace_id },
    { $addToSet: { audiences: audience } },
    options,
  );
}

async function updateFileAudience(
  models: Models,
  workspace_id: string,
  messageIds: string[],
  audience: string,
  options?: { session: mongo.ClientSession },
): Promise<void> {
  await collectionOf(models.Attachment).updateMany(
    { workspace_id, message_id: { $in: messageIds } },
    { $set: { audience } },
    options,
  );
}

/** The mails that the messages came as get the new thread and its audience. */
async function updateMails(
  models: Models,
  moving: MovedMessage[],
  from: ThreadRef,
  to: ThreadRef,
  options: { session: mongo.ClientSession } | undefined,
): Promise<void> {
  const copies = moving.flatMap((message) => message.copies.map((copy) => copy.inbound_email_id));
  const own = moving.flatMap(({ inbound_email_id }) => inbound_email_id ?? []);
  const _id = { $in: [...new Set([...own, ...copies])] };
  if (_id.$in.length === 0) return;
  const mails = collectionOf(models.InboundEmail);
  const [old, current] = [`${from.kind}_id`, `${to.kind}_id`] as const;
  if (from.audience !== to.audience) {
    await mails.updateMany(
      { _id, audiences: from.audience },
      { $addToSet: { audiences: to.audience } },
      options,
    );
    await mails.updateMany({ _id }, { $pull: { audiences: from.audience } }, options);
  }
  await mails.updateMany({ _id, [old]: from.id }, { $set: { [old]: null, [current]: to.id } }, options);
}

/** What a move changes of a message. */
const PLACE = {
  thread_kind: 1,
  thread_id: 1,
  audience: 1,
  opens: 1,
  sender_known: 1,
  sender_reason: 1,
} as const;

/**
 * Moves a message whose thread was merged or moved while the message was being recorded.
 * @returns the message in its present thread; null when its thread was neither merged nor moved
 */
export async function followThread<Message extends MessageRow>(
  models: Models,
  message: Message,
): Promise<Message | null> {
  const { _id, workspace_id, thread_kind: kind, thread_id: id, audience } = message;
  const current = await collectionOf(models.Message).findOne({ _id, workspace_id }, { projection: PLACE });
  if (current && current.thread_id !== id) {
    // Its files may have been recorded after it was moved.
    if (current.audience !== audience)
      await updateFileAudience(models, workspace_id, [_id], current.audience);
    return { ...message, ...current };
  }
  const findThread = (place: Pick<ThreadRef, 'kind' | 'id'>) =>
    collectionOf(threadsOf(models, place.kind)).findOne(
      { _id: place.id, workspace_id },
      { projection: { audience: 1, merged_into: 1, merged_kind: 1 } },
    );
  const merged = await findThread({ kind, id });
  if (merged?.merged_into === undefined) return null;
  const next = { kind: merged.merged_kind ?? kind, id: merged.merged_into };
  const to = { ...next, audience: (await findThread(next))?.audience ?? audience };
  await moveMessages(models, workspace_id, { kind, id, audience }, to, { messageId: _id });
  const moved = await collectionOf(models.Message).findOne({ _id, workspace_id }, { projection: PLACE });
  return { ...message, ...moved, thread_kind: to.kind, thread_id: to.id, audience: to.audience };
}
