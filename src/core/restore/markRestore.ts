import { arrivalOf } from '../../infra/archive/keys.ts';
import type { InboundEmailRow, Models } from '../../infra/models/index.ts';
import type { OutboundState } from '../../infra/models/outbound.ts';
import { HOUR_MS, MINUTE_MS } from '../../lib/time.ts';

export interface Restore {
  /** The moment to which the database was set back: from then on it knows nothing. */
  backupAt: Date;
  /** When it was restored; until then another life of the installation may have gone on. */
  restoredAt: Date;
  /** Mails in the archive that arrived since `backupAt`, at most. */
  mailsSince: number;
  /** The last ticket number of each workspace in the database that was replaced, if there was one. */
  lastNumbers?: ReadonlyMap<string, number>;
}

/** What was marked, for the operator. */
export interface MarkedRestore {
  /** Replies that are looked up at the provider before they are sent. */
  lookedUp: number;
  /** Mails that were being processed, and are processed again. */
  processedAgain: number;
}

/** Ticket numbers that are left out besides one for each mail: tickets are also made by people and by moves. */
const NUMBERS_LEFT_OUT = 1_000;
/** Clocks of several machines differ, and a post is stored after others that began later. */
const SLACK_MS = 5 * MINUTE_MS;
const ARCHIVE_MARGIN_MS = HOUR_MS;
/** Of replies that may have been sent since, or sent again by a person. No mail and no note has such a state. */
const UNSENT_STATES: OutboundState[] = ['queued', 'scheduled', 'sending', 'failed', 'unconfirmed'];

/**
 * Marks a database that was set back to an earlier moment, so that nothing of what happened since is done
 * twice. Must run before web and worker start, and once for each restore: each call raises the ticket numbers.
 */
export async function markRestore(models: Models, restore: Restore): Promise<MarkedRestore> {
  const { backupAt, restoredAt } = restore;
  const lookedUp = await markReplies(models, restore);
  const processedAgain = await takeUpMail(models, backupAt);
  await raiseNumbers(models, restore);
  await calmMails(models);
  await startSetUps(models);
  // Everybody signs in again: a session that was ended since must not come back.
  for (const model of [models.Session, models.PasswordLink, models.Signal, models.StreamPosition])
    await (model.collection as { deleteMany(filter: object): Promise<unknown> }).deleteMany({});
  await models.connection
    .collection('restores')
    .insertOne({ backup_at: backupAt, restored_at: restoredAt, looked_up: lookedUp });
  return { lookedUp, processedAgain };
}

/**
 * A reply that is due later cannot have been sent. Every open one wants its run: Temporal may be empty, and
 * refuses a second start otherwise.
 */
async function markReplies({ Message }: Models, { backupAt, restoredAt }: Restore): Promise<number> {
  const { modifiedCount } = await Message.updateMany(
    {
      state: { $in: UNSENT_STATES },
      'outbound.due_at': { $lte: new Date(restoredAt.getTime() + SLACK_MS) },
    },
    {
      $set: { 'outbound.maybe_sent': { since: backupAt, until: restoredAt } },
      $inc: { 'outbound.changes': 1 },
    },
  );
  await Message.updateMany({ 'outbound.is_open': true }, { $set: { 'outbound.wants_start': true } });
  return modifiedCount;
}

/**
 * Mail that was being processed has a row and perhaps no run. Without its row the comparison of the archive
 * (sweeps/compareArchive.ts) takes it for new; its message, if there is one, is found again by its hash.
 */
async function takeUpMail({ InboundEmail, ...models }: Models, backupAt: Date): Promise<number> {
  const pending = await models.Attachment.distinct('message_id', { state: 'pending' });
  const unfinished = await models.Message.distinct('inbound_email_id', {
    _id: { $in: pending },
    inbound_email_id: { $type: 'string' },
  });
  const rows = await InboundEmail.find(
    { $or: [{ state: 'received' }, { _id: { $in: unfinished } }] },
    { key: 1 },
  ).lean<Pick<InboundEmailRow, '_id' | 'key'>[]>();
  const arrivals = rows.map(({ key }) => arrivalOf(key.slice(key.lastIndexOf('/') + 1)).getTime());
  await InboundEmail.deleteMany({ _id: { $in: rows.map(({ _id }) => _id) } });
  const position = await models.ArchivePosition.findById('compared').lean();
  const from = [backupAt, ...(position ? [position.until] : [])].map(
    (at) => at.getTime() - ARCHIVE_MARGIN_MS,
  );
  const until = new Date(Math.min(...from, ...arrivals));
  await models.ArchivePosition.updateOne({ _id: 'compared' }, { $set: { until } }, { upsert: true });
  return rows.length;
}

/** A number that a customer was told must never be another ticket's. */
async function raiseNumbers({ Workspace }: Models, { mailsSince, lastNumbers }: Restore): Promise<void> {
  await Workspace.updateMany({}, { $inc: { last_ticket_number: NUMBERS_LEFT_OUT + mailsSince } });
  for (const [_id, last_ticket_number] of lastNumbers ?? [])
    await Workspace.updateOne({ _id }, { $max: { last_ticket_number } });
}

/**
 * Mails about notifications, invitations and passwords that were wanted at that moment went out seconds later.
 * The notifications themselves stay, and an owner can send an invitation again.
 */
async function calmMails({ Notification, AccessMail }: Models): Promise<void> {
  await Notification.updateMany({ mail: { $in: ['wanted', 'sending'] } }, { $set: { mail: null } });
  const reason =
    'Postroom was restored from a backup, and this mail may have been sent before. Send it again.';
  await AccessMail.updateMany({ state: 'wanted' }, { $set: { state: 'failed', reason } });
}

/** Their runs only look at DNS and at the provider; one that Temporal still has is woken. */
async function startSetUps({ AddressProof, Domain }: Models): Promise<void> {
  await AddressProof.updateMany({ state: 'pending' }, { $set: { wants_start: true } });
  await Domain.updateMany({}, { $set: { wants_start: true } });
}
