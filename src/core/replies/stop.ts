import type { ClientSession, mongo } from 'mongoose';
import { normaliseAddress } from '../../mail/addresses.ts';
import {
  collectionOf,
  type ContactRow,
  type MessageRow,
  type Models,
  type OutboundMessageRow,
} from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { countReply } from '../../infra/telemetry/metrics.ts';
import { contactId } from '../threads/contacts.ts';
import { summariseThreadOf } from '../threads/summary.ts';
import { threadsOf } from '../threads/threads.ts';
import { asSet, type MessageChange } from './change.ts';
import { becomesDraft, keepSentDraft } from './drafts.ts';

/** Why a message is not sent although nobody took it back: the end of what it belongs to. */
export type StopCause = 'thread' | 'workspace' | 'contact';

const REASONS: Record<StopCause, string> = {
  thread:
    'It was not sent, because its ticket or conversation was deleted. ' +
    'It becomes a draft again when that is restored.',
  workspace: 'It was not sent, because the workspace is being deleted.',
  contact: 'It was not sent, because a recipient was blocked. It is a draft again.',
};
const GIVEN_BACK =
  'It was not sent, because its ticket or conversation had been deleted. It is a draft again.';

const WAITING: MessageRow['state'][] = ['queued', 'scheduled'];

/**
 * Filter: it has not gone out, and no call to the provider is under way. A call raises `unclear` with the
 * same compare-and-set by which a message is stopped, so one of the two fails.
 */
const STOPPABLE = {
  direction: 'outbound' as const,
  $or: [
    { state: { $in: WAITING } },
    { state: 'sending' as const, 'outbound.unclear': false, 'outbound.maybe_sent': null },
  ],
};

/** What ended while the message waited; null: it may be sent. */
export async function stopCauseOf(models: Models, message: OutboundMessageRow): Promise<StopCause | null> {
  const { workspace_id, thread_kind, thread_id: _id } = message;
  const [workspace, thread, isBlocked] = await Promise.all([
    models.Workspace.findById(workspace_id, { shut_at: 1 }).lean(),
    threadsOf(models, thread_kind)
      .findOne({ _id, workspace_id }, { deleted_at: 1 })
      .lean<Pick<ThreadRow, 'deleted_at'>>(),
    isRecipientBlocked(models, message),
  ]);
  if (workspace?.shut_at) return 'workspace';
  if (thread?.deleted_at) return 'thread';
  return isBlocked ? 'contact' : null;
}

/** Whoever writes to a contact that is blocked already means it: only a later block counts. */
async function isRecipientBlocked(
  models: Models,
  { workspace_id, to, cc, outbound }: OutboundMessageRow,
): Promise<boolean> {
  const _id = { $in: [...to, ...cc, ...outbound.bcc].map((person) => contactId(workspace_id, person)) };
  const contacts = collectionOf(models.Contact);
  const read = (filter: mongo.Filter<ContactRow>) =>
    contacts.find({ ...filter, workspace_id }, { projection: { blocked_at: 1, merged_into: 1 } }).toArray();
  const recipients = await read({ _id });
  const merged = recipients.flatMap(({ merged_into }) => merged_into ?? []);
  const all = merged.length === 0 ? recipients : [...recipients, ...(await read({ _id: { $in: merged } }))];
  return all.some(({ blocked_at }) => blocked_at && blocked_at > outbound.state_at);
}

/**
 * The change that stops a message. One that some recipients have from an earlier run has failed for the others.
 */
export function stoppedBy(cause: StopCause, { outbound }: Pick<OutboundMessageRow, 'outbound'>) {
  const isSentToSome = outbound.deliveries.length > 0;
  return {
    state: isSentToSome ? 'failed' : 'cancelled',
    outbound: {
      wants_start: false,
      is_open: false,
      reason: REASONS[cause],
      state_at: new Date(),
      ...(cause === 'thread' && !isSentToSome && { draft_on_restore: true }),
    },
  } satisfies MessageChange;
}

/**
 * Stops a message that has not gone out: one conditional update, which competes with the run's calls. A draft
 * for its author is made at once where a recipient was blocked, and at its restoring where the thread was
 * deleted. Idempotent.
 * @returns the message; null when it was too late
 */
export async function stopMessage(
  models: Models,
  message: OutboundMessageRow,
  cause: StopCause,
): Promise<OutboundMessageRow | null> {
  const stopped = await models.connection.transaction((session) => stop(models, message, cause, session));
  if (stopped) await summariseThreadOf(models, stopped);
  return stopped;
}

async function stop(
  models: Models,
  message: Pick<OutboundMessageRow, '_id' | 'workspace_id' | 'outbound'>,
  cause: StopCause,
  session: ClientSession,
): Promise<OutboundMessageRow | null> {
  const { _id, workspace_id, outbound } = message;
  const asRead = { 'outbound.deliveries.0': { $exists: outbound.deliveries.length > 0 } };
  const stopped = await models.Message.findOneAndUpdate(
    { ...STOPPABLE, ...asRead, _id, workspace_id },
    { $set: asSet(stoppedBy(cause, message)), $inc: { 'outbound.changes': 1 } },
    { returnDocument: 'after', session },
  ).lean<OutboundMessageRow>();
  if (stopped?.state === 'cancelled' && cause === 'thread') await keepSentDraft(models, stopped, session);
  if (stopped?.state === 'cancelled' && cause === 'contact') await becomesDraft(models, stopped, session);
  if (stopped) countReply(stopped.state);
  return stopped;
}

type ThreadId = Pick<ThreadRow, '_id' | 'workspace_id' | 'audience'>;
const ofThread = ({ workspace_id, _id: thread_id, audience }: ThreadId) => ({
  workspace_id,
  thread_id,
  audience,
});

/**
 * Stops what has not gone out of a thread: part of the transaction that puts it into the trash.
 * @returns the messages that were stopped
 */
export async function stopRepliesOf(
  models: Models,
  thread: ThreadId,
  session: ClientSession,
): Promise<OutboundMessageRow[]> {
  const waiting = await models.Message.find({ ...ofThread(thread), ...STOPPABLE }, null, { session }).lean<
    OutboundMessageRow[]
  >();
  const stopped: OutboundMessageRow[] = [];
  for (const message of waiting) {
    const row = await stop(models, message, 'thread', session);
    if (row) stopped.push(row);
  }
  return stopped;
}

/**
 * Gives the messages that were stopped with a thread back to their authors, as drafts: part of the transaction
 * that restores it, or after mail has restored it. Idempotent.
 * @returns the messages that are drafts now
 */
export async function giveBackReplies(
  models: Models,
  thread: ThreadId,
  session: ClientSession,
): Promise<OutboundMessageRow[]> {
  const kept = { ...ofThread(thread), state: 'cancelled' as const, 'outbound.draft_on_restore': true };
  const messages = await models.Message.find(kept, null, { session })
    .sort({ created_at: 1 })
    .lean<OutboundMessageRow[]>();
  for (const message of messages) {
    await models.Message.updateOne(
      { ...kept, _id: message._id },
      {
        $set: { 'outbound.draft_on_restore': false, 'outbound.reason': GIVEN_BACK },
        $inc: { 'outbound.changes': 1 },
      },
      { session },
    );
    await becomesDraft(models, message, session);
  }
  return messages;
}

/**
 * Stops what waits to be sent to a contact that was blocked. What this misses (the process dies, an audience
 * does not know the contact) is stopped when it is due.
 * @returns the messages that were stopped
 */
export async function stopRepliesTo(models: Models, contact: ContactRow): Promise<OutboundMessageRow[]> {
  const { _id, workspace_id, audiences, blocked_at } = contact;
  if (!blocked_at) return [];
  const merged = await models.Contact.find({ workspace_id, merged_into: _id }, { email: 1 }).lean();
  const people = [contact, ...merged].map(({ email }) => normaliseAddress(email) ?? email);
  const waiting = await models.Message.find({
    workspace_id,
    audience: { $in: audiences },
    state: { $in: WAITING },
    people: { $in: people },
    'outbound.state_at': { $lt: blocked_at },
  }).lean<OutboundMessageRow[]>();
  const stopped: OutboundMessageRow[] = [];
  for (const message of waiting) {
    const row = await stopMessage(models, message, 'contact');
    if (row) stopped.push(row);
  }
  return stopped;
}

/** How many messages one call of `stopRepliesIn` reads at a time. */
const BATCH = 100;

/** Stops what has not gone out of a workspace that is being deleted. Idempotent. @param onBatch after each batch */
export async function stopRepliesIn(
  models: Models,
  workspace_id: string,
  onBatch: () => void,
): Promise<void> {
  for (let after = ''; ;) {
    const waiting = await models.Message.find({
      ...STOPPABLE,
      workspace_id,
      'outbound.is_open': true,
      _id: { $gt: after },
    })
      .sort({ _id: 1 })
      .limit(BATCH)
      .lean<OutboundMessageRow[]>();
    for (const message of waiting)
      await models.connection.transaction((session) => stop(models, message, 'workspace', session));
    onBatch();
    const last = waiting.at(-1);
    if (!last || waiting.length < BATCH) return;
    after = last._id;
  }
}

/** Whether somebody has messages that wait to be sent, wherever they are. */
export async function hasWaitingReplies(
  models: Models,
  { workspace_id, author_id }: { workspace_id: string; author_id: string },
  session: ClientSession,
): Promise<boolean> {
  const teams = await models.Team.find({ workspace_id }, { _id: 1 }, { session }).lean();
  const audiences = ['tickets', 'shared', `owner:${author_id}`, ...teams.map(({ _id }) => `team:${_id}`)];
  const waiting = { workspace_id, audience: { $in: audiences }, state: { $in: WAITING }, author_id };
  return (await models.Message.findOne(waiting, { _id: 1 }, { session }).lean()) !== null;
}
