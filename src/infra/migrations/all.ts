import { initialIndexes } from './0001-initial-indexes.ts';
import { boundedReads } from './0002-bounded-reads.ts';
import { deliverySchedule } from './0003-delivery-schedule.ts';
import type { Migration } from './migration.ts';

/**
 * Every migration, in order. A new one is added at the end; a released one is never changed, moved or
 * deleted.
 */
export const MIGRATIONS: readonly Migration[] = [initialIndexes, boundedReads, deliverySchedule];
