import type { mongo } from 'mongoose';

/** One change of the database. docs/migrations.md says how to write one. */
export interface Migration {
  /** The name of its file, without the ending. Migrations run in the order of their numbers. */
  name: string;
  /**
   * Idempotent, and safe to call concurrently: a process that dies half-way leaves the rest to the next one,
   * which starts from the beginning.
   * @param signal aborted when another process has taken over; a long loop must stop then
   */
  up(db: mongo.Db, signal: AbortSignal): Promise<void>;
}

/** A migration could not be applied; the message names it and says why. */
export class MigrationError extends Error {}
