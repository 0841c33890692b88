import { collectionOf, type MessageRow, type Models } from '../../infra/models/index.ts';
import { SYSTEM } from '../../infra/models/history.ts';
import { withLastChange } from './lastChange.ts';
import { threadsOf, unchanged } from './threads.ts';

/** A thread that open lists leave out until a time. */
export interface Snooze {
  kind: MessageRow['thread_kind'];
  /** Id of the thread. */
  id: string;
  until: Date;
}

/**
 * Ends a snooze whose time has come: the thread is in the open lists again, and unread for whoever snoozed
 * it. Idempotent; a thread that was snoozed anew, or woken by mail or by hand, stays as it is.
 * @returns whether this call ended it
 */
export async function endSnooze(models: Models, { kind, id, until }: Snooze): Promise<boolean> {
  const threads = collectionOf(threadsOf(models, kind));
  for (;;) {
    const row = await threads.findOne(
      { _id: id, snoozed_until: until },
      { projection: { people: 0, words: 0 } },
    );
    if (!row) return false;
    const woken = { snoozed_until: null, snoozed_by: null, updated_at: new Date() };
    // No pipeline: of its changes the history would receive only the parts that differ.
    const update = { $set: woken, $inc: { changes: 1 }, $pull: { read_by: row.snoozed_by ?? '' } };
    const { modifiedCount } = await threads.updateOne(
      { ...unchanged(row), snoozed_until: until },
      withLastChange(row, update, SYSTEM),
    );
    if (modifiedCount === 1) return true;
  }
}

const BATCH = 200;

/**
 * Ends snoozes whose run did not: Temporal was away when it should have been started, or still is.
 * @param before those whose time came before this
 */
export async function endOverdueSnoozes(models: Models, before: Date): Promise<number> {
  let ended = 0;
  for (const kind of ['ticket', 'conversation'] as const) {
    const overdue = await threadsOf(models, kind)
      .find({ snoozed_by: { $gt: '' }, snoozed_until: { $lt: before } }, { snoozed_until: 1 })
      .sort({ snoozed_until: 1 })
      .limit(BATCH)
      .lean<{ _id: string; snoozed_until: Date }[]>();
    for (const { _id, snoozed_until } of overdue)
      if (await endSnooze(models, { kind, id: _id, until: snoozed_until })) ended += 1;
  }
  return ended;
}
