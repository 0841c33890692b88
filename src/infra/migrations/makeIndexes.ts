import type { mongo } from 'mongoose';

/** The indexes of each collection, as MongoDB's `createIndexes` takes them. */
export type Indexes = Record<string, mongo.IndexDescription[]>;

/** Makes indexes; resolves when all are built. Idempotent: an index that exists already is left as it is. */
export async function makeIndexes(db: mongo.Db, indexes: Indexes): Promise<void> {
  const collections = Object.entries(indexes);
  await Promise.all(
    collections.map(([name, descriptions]) => db.collection(name).createIndexes(descriptions)),
  );
}
