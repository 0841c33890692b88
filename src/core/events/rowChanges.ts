import type { Act } from '../../infra/models/history.ts';
import { DAY_MS } from '../../lib/time.ts';
import type { ChangedRow, RowChange } from './changes.ts';

/** A row as it is now, with the times that tell what happened to it. */
export interface PresentRow extends ChangedRow {
  _id: string;
  created_at: Date;
  /** Of a thread or contact. */
  updated_at?: Date;
  deleted_at?: Date;
  merged_at?: Date;
  agent_id?: string | null;
  /** Of a message. */
  stored_at?: Date;
  state?: string;
  edited_at?: Date | null;
  outbound?: { state_at: Date } | null;
  /** Of an address. */
  proved_at?: Date | null;
  expired_at?: Date | null;
}

/** The changes that a row tells of; null: it tells of none. */
export interface ToldChanges {
  row: PresentRow;
  insert: RowChange | null;
  /** The last one; its time is `wallTime`. */
  update: (RowChange & { wallTime: Date }) | null;
}

export type ReadRow = (row: PresentRow, since: Date) => ToldChanges;

/** A mail may be stored so long after it came, and its rows have the earlier time as `created_at`. */
export const LATE_MS = 7 * DAY_MS;

/** Null: the row was made long before. */
const insertedAt = ({ created_at }: PresentRow, since: Date): Date | null =>
  created_at.getTime() >= since.getTime() - LATE_MS ? created_at : null;

const isSince = (at: Date | null | undefined, since: Date): at is Date => !!at && at >= since;

/** The field of a thread that shows what somebody did. */
const FIELDS: Partial<Record<Act['action'], string>> = {
  status: 'status',
  agent: 'agent_id',
  priority: 'priority',
  tags: 'tags',
  subject: 'subject',
  contact: 'contact_id',
  spam: 'spam',
  snoozed: 'snoozed_until',
};

/** Without a name of what changed, readers know at least that the thread did. */
export const readThread =
  (coll: 'tickets' | 'conversations'): ReadRow =>
  (row, since) => {
    const { updated_at, last_change, deleted_at, merged_at, merged_into } = row;
    const acts = isSince(last_change?.at, since) ? last_change.acts : [];
    const fields = {
      last_message_at: updated_at,
      ...Object.fromEntries(acts.flatMap(({ action, to }) => (FIELDS[action] ? [[FIELDS[action], to]] : []))),
      ...(acts.length > 0 && { last_change }),
      ...(isSince(deleted_at, since) && { deleted_at }),
      ...(isSince(merged_at, since) && { merged_into, changes: 1 }),
    };
    return told(coll, row, insertedAt(row, since), isSince(updated_at, since) ? [updated_at, fields] : null);
  };

export const readContact: ReadRow = (row, since) => {
  const { updated_at, merged_into } = row;
  const fields = { changes: 1, ...(merged_into !== undefined && { merged_into }) };
  const isChanged = isSince(updated_at, since) && updated_at > row.created_at;
  return told('contacts', row, insertedAt(row, since), isChanged ? [updated_at, fields] : null);
};

/** A reply that only waits is as it was stored. */
export const readMessage: ReadRow = (row, since) => {
  const { state, edited_at, outbound } = row;
  const isMoved = isSince(outbound?.state_at, since) && state !== 'queued' && state !== 'scheduled';
  const update: Update = isSince(edited_at, since)
    ? [edited_at, { edited_at, state }]
    : isMoved
      ? [outbound.state_at, { state }]
      : null;
  return told('messages', row, isSince(row.stored_at, since) ? row.stored_at : null, update);
};

/** The last of its events. */
export const readAddress: ReadRow = (row, since) => {
  const { proved_at, expired_at } = row;
  const update: Update = isSince(proved_at, since)
    ? [proved_at, { proved_at }]
    : isSince(expired_at, since)
      ? [expired_at, { expired_at }]
      : null;
  return told('workspace_emails', row, null, update);
};

/** When, and the fields that were set; null: the row was not updated. */
type Update = [Date, Record<string, unknown>] | null;

function told(coll: string, row: PresentRow, storedAt: Date | null, update: Update): ToldChanges {
  const changeAt = (operationType: string, at: Date) => ({
    _id: { _data: '' },
    operationType,
    ns: { db: '', coll },
    documentKey: { _id: row._id },
    // The ids of events and history are made of it: the same row gives the same ones.
    clusterTime: { toString: () => `row ${at.getTime()}` },
    wallTime: at,
    fullDocument: row,
  });
  return {
    row,
    insert: storedAt && changeAt('insert', storedAt),
    update: update && { ...changeAt('update', update[0]), updateDescription: { updatedFields: update[1] } },
  };
}
