import { collectionOf, type Models, type StreamPositionRow } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { newId } from '../../lib/ids.ts';

/** Renewals in the time for which the lease is held. */
const RENEWALS = 3;

/** What a holder saves in the reader's row. */
export type Progress = Partial<Pick<StreamPositionRow, 'token' | 'at' | 'lost_since'>>;

/**
 * The right to follow the change stream for a reader: one of the worker processes has it, and another one
 * takes it when its holder no longer renews it. It rests on the clocks of the machines. If these differ, or
 * a holder has been stopped for a while, two follow for a moment; both make the same rows.
 */
export interface Lease {
  readonly renewEveryMs: number;
  /** @returns the reader's row; null when another process holds the lease. */
  take(): Promise<StreamPositionRow | null>;
  /** Renews the lease too. @returns false when another process holds it by now; nothing is saved then. */
  save(progress: Progress): Promise<boolean>;
  /** Gives it up, so that another process need not wait. */
  release(): Promise<void>;
}

/** @param leaseMs how long a holder that has died keeps the lease */
export function createLease(models: Models, reader: string, leaseMs: number): Lease {
  const holder = newId();
  const positions = collectionOf(models.StreamPosition);
  const heldUntil = () => new Date(Date.now() + leaseMs);
  return {
    renewEveryMs: leaseMs / RENEWALS,
    async take() {
      const isFree = { $or: [{ holder: null }, { holder }, { held_until: { $lt: new Date() } }] };
      try {
        return await positions.findOneAndUpdate(
          { _id: reader, ...isFree },
          { $set: { holder, held_until: heldUntil() } },
          { upsert: true, returnDocument: 'after' },
        );
      } catch (error) {
        // The row is there, and held by another process.
        if (isDuplicateKey(error)) return null;
        throw error;
      }
    },
    async save(progress) {
      const { matchedCount } = await positions.updateOne(
        { _id: reader, holder },
        { $set: { ...progress, held_until: heldUntil() } },
      );
      return matchedCount === 1;
    },
    async release() {
      await positions.updateOne({ _id: reader, holder }, { $set: { holder: null, held_until: null } });
    },
  };
}
