import type { Model, mongo } from 'mongoose';
import { collectionOf } from './index.ts';
import { isDuplicateKey } from './once.ts';

/** Inserts the rows whose `_id` does not exist yet. @returns ids of the rows that this call inserted. */
export async function insertNew<Row extends { _id: string }>(
  model: Model<Row>,
  rows: Row[],
): Promise<Set<string>> {
  if (rows.length === 0) return new Set();
  const inserted = new Set(rows.map(({ _id }) => _id));
  try {
    const collection = collectionOf(model as unknown as Model<mongo.Document>);
    await collection.insertMany(rows as unknown as mongo.OptionalId<mongo.Document>[], { ordered: false });
  } catch (error) {
    const { writeErrors } = error as { writeErrors?: { index: number; code: number }[] };
    if (!isDuplicateKey(error) || !Array.isArray(writeErrors)) throw error;
    for (const { index, code } of writeErrors) {
      if (code !== 11000) throw error;
      inserted.delete(rows[index]!._id);
    }
  }
  return inserted;
}
