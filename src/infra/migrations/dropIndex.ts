import type { mongo } from 'mongoose';

/** MongoDB's codes: the collection, or the index, does not exist. */
const ABSENT = [26, 27];

/** Drops an index by its name. Idempotent: one that does not exist is no error. */
export async function dropIndex(db: mongo.Db, collection: string, name: string): Promise<void> {
  try {
    await db.collection(collection).dropIndex(name);
  } catch (error) {
    if (!ABSENT.includes((error as { code?: number }).code ?? 0)) throw error;
  }
}
