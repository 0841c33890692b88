import { randomUUID } from 'node:crypto';
import type { Connection, mongo } from 'mongoose';
import { isDuplicateKey } from '../models/once.ts';

/** One row of the collection `migrations`. */
export interface MigrationRow {
  /** The name again. */
  _id: string;
  name: string;
  /** When it was started first. */
  started_at: Date;
  /** Null while it is not finished. */
  finished_at: Date | null;
  /** The process that applies it, or applied it. */
  holder: string;
  /** Until then no other process may start it: the lease of its holder, who renews it. */
  lease_until: Date;
}

/** What became of an attempt to start a migration: ours, finished by then, or held by another process. */
export type Claim = 'ours' | 'finished' | 'held';

/** The records of one process about migrations. */
export interface MigrationRecords {
  all(): Promise<MigrationRow[]>;
  claim(name: string): Promise<Claim>;
  /** @returns false when another process has taken over. */
  renew(name: string): Promise<boolean>;
  /** @returns false when another process has taken over. */
  finish(name: string): Promise<boolean>;
  /** Gives up the lease of a migration that failed, so that the next attempt need not wait for its end. */
  release(name: string): Promise<void>;
}

/**
 * @param leaseMs a holder that does not renew its lease for this long counts as dead. Machines
 * compare it with their own clocks: if those differ by more, two processes may apply a migration
 * concurrently, which migrations must allow.
 */
export function migrationRecords(connection: Connection, leaseMs: number): MigrationRecords {
  const rows = connection.collection<MigrationRow>('migrations') as unknown as mongo.Collection<MigrationRow>;
  const holder = randomUUID();
  const leaseUntil = () => new Date(Date.now() + leaseMs);
  const change = async (name: string, $set: Partial<MigrationRow>): Promise<boolean> => {
    const { matchedCount } = await rows.updateOne({ _id: name, holder, finished_at: null }, { $set });
    return matchedCount === 1;
  };

  return {
    all: () => rows.find().sort({ _id: 1 }).toArray(),
    async claim(name) {
      try {
        await rows.updateOne(
          { _id: name, finished_at: null, lease_until: { $lte: new Date() } },
          { $set: { holder, lease_until: leaseUntil() }, $setOnInsert: { name, started_at: new Date() } },
          { upsert: true },
        );
        return 'ours';
      } catch (error) {
        // The row exists and does not match: the upsert tried to insert a second one.
        if (!isDuplicateKey(error)) throw error;
        const existing = await rows.findOne({ _id: name });
        return existing?.finished_at ? 'finished' : 'held';
      }
    },
    renew: (name) => change(name, { lease_until: leaseUntil() }),
    finish: (name) => change(name, { finished_at: new Date() }),
    async release(name) {
      await change(name, { lease_until: new Date(0) });
    },
  };
}
