import type { mongo } from 'mongoose';
import {
  collectionOf,
  type MessageRow,
  type Models,
  type OutboundMessageRow,
} from '../../infra/models/index.ts';
import type { Actor } from '../../infra/models/history.ts';
import type { ThreadFields } from '../../infra/models/outbound.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { derivedFields } from './derivedFields.ts';
import { withLastChange } from './lastChange.ts';
import { threadsOf } from './threads.ts';

/** @returns null when the thread has these values already. */
function changeTo(row: ThreadRow, fields: ThreadFields, actor: Actor, at: Date): object | null {
  const changed = Object.entries(fields).filter(
    ([field, value]) => JSON.stringify(value) !== JSON.stringify(row[field as keyof ThreadFields] ?? null),
  );
  if (changed.length === 0) return null;
  const set = Object.fromEntries(changed) as ThreadFields;
  const update = { $set: { ...set, ...derivedFields(set, at), updated_at: at }, $inc: { changes: 1 } };
  return withLastChange(row, update, actor);
}

/** Sets fields of the thread of a message, for its author, in a transaction. */
export async function setThreadFields(
  models: Models,
  {
    thread_kind,
    thread_id,
    workspace_id,
    author_id,
  }: Pick<MessageRow, 'thread_kind' | 'thread_id' | 'workspace_id' | 'author_id'>,
  fields: ThreadFields,
  session: mongo.ClientSession,
): Promise<void> {
  const threads = collectionOf(threadsOf(models, thread_kind));
  const filter = { _id: thread_id, workspace_id, merged_into: { $exists: false } };
  const row = await threads.findOne(filter, { session, projection: { people: 0, words: 0 } });
  const change = row && changeTo(row, fields, { kind: 'user', id: author_id }, new Date());
  if (change) await threads.updateOne(filter, change, { session });
}

/**
 * Changes the thread of a message that can no longer be taken back, as its author wished (`thread_change`).
 * Once, however often it is called. If the customer has written since, the status stays: an answer to an
 * older mail does not close a new question.
 */
export async function applyThreadChange(models: Models, message: OutboundMessageRow): Promise<void> {
  const { thread_change: wanted } = message.outbound;
  if (!wanted) return;
  const messages = collectionOf(models.Message);
  await models.connection.transaction(async (session) => {
    const { _id, workspace_id, thread_id, audience, created_at } = message;
    const { modifiedCount } = await messages.updateOne(
      { _id, workspace_id, 'outbound.thread_change': { $ne: null } },
      { $set: { 'outbound.thread_change': null }, $inc: { 'outbound.changes': 1 } },
      { session },
    );
    if (modifiedCount === 0) return;
    const newQuestion = await messages.findOne(
      {
        workspace_id,
        thread_id,
        audience,
        created_at: { $gt: created_at },
        direction: 'inbound',
        auto_reply: false,
        list_mail: false,
        spam: false,
      },
      { session, projection: { _id: 1 } },
    );
    const { status, ...others } = wanted;
    const fields = newQuestion || status === undefined ? others : wanted;
    await setThreadFields(models, message, fields, session);
  });
}
