import { dropIndex } from './dropIndex.ts';
import { makeIndexes } from './makeIndexes.ts';
import type { Migration } from './migration.ts';

const IN_TRASH = [
  { key: { deleted_at: 1, _id: 1 }, partialFilterExpression: { deleted_at: { $exists: true } } },
];

/** Indexes of what was read whole, or only from its first rows on. */
export const boundedReads: Migration = {
  name: '0002-bounded-reads',
  async up(db) {
    await makeIndexes(db, {
      messages: [
        {
          key: {
            workspace_id: 1,
            message_id: 1,
            direction: 1,
            audience: 1,
            thread_kind: 1,
            thread_id: 1,
            sending_email: 1,
            inbound_email_id: 1,
            fingerprint: 1,
            created_at: 1,
            _id: 1,
          },
          name: 'carriers',
        },
        { key: { workspace_id: 1, thread_id: 1, people: 1, sender_known: 1, opens: 1 } },
        {
          key: { 'outbound.is_open': 1, 'outbound.due_at': 1, _id: 1 },
          partialFilterExpression: { 'outbound.is_open': true },
        },
      ],
      inbound_emails: [
        {
          key: { original_left: 1, updated_at: 1, _id: 1 },
          partialFilterExpression: { original_left: true },
        },
      ],
      repeats: [{ key: { inbound_email_id: 1, _id: 1 } }],
      tickets: IN_TRASH,
      conversations: IN_TRASH,
    });
    // Those that these replace.
    await dropIndex(db, 'messages', 'workspace_id_1_message_id_1_direction_1');
    await dropIndex(db, 'messages', 'outbound.is_open_1');
    await dropIndex(db, 'tickets', 'deleted_at_1');
    await dropIndex(db, 'conversations', 'deleted_at_1');
  },
};
