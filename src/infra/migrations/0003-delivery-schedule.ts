import { dropIndex } from './dropIndex.ts';
import { makeIndexes } from './makeIndexes.ts';
import type { Migration } from './migration.ts';

/**
 * Deliveries to endpoints carry their schedule, and one run for each endpoint works them off. Those that are
 * under way are due at once, and the run of their endpoint is started for them.
 */
export const deliverySchedule: Migration = {
  name: '0003-delivery-schedule',
  async up(db) {
    await makeIndexes(db, {
      webhook_deliveries: [
        {
          key: { workspace_id: 1, webhook_id: 1, next_attempt_at: 1, _id: 1, type: 1 },
          partialFilterExpression: { state: 'pending' },
        },
      ],
    });
    await db
      .collection('webhook_deliveries')
      .updateMany(
        { state: 'pending', next_attempt_at: { $exists: false } },
        { $set: { next_attempt_at: new Date(), claimed_until: null, wants_start: true } },
      );
    // The one that this index replaces.
    await dropIndex(db, 'webhook_deliveries', 'state_1__id_1');
  },
};
