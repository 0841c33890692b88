import { makeIndexes } from './makeIndexes.ts';
import type { Migration } from './migration.ts';

/** Indexes of what is read by its key now, where a list that grew without a bound was read before. */
export const boundedReads: Migration = {
  name: '0002-bounded-reads',
  up: (db) =>
    makeIndexes(db, {
      messages: [{ key: { workspace_id: 1, thread_id: 1, people: 1, sender_known: 1, opens: 1 } }],
      repeats: [{ key: { inbound_email_id: 1, _id: 1 } }],
    }),
};
