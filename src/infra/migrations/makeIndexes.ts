import type { mongo } from 'mongoose';

/** The indexes of each collection, as MongoDB's `createIndexes` takes them. */
export type Indexes = Record<string, mongo.IndexDescription[]>;

/** MongoDB's codes IndexOptionsConflict and IndexKeySpecsConflict. */
const CONFLICTS = [85, 86];

/**
 * Makes indexes; resolves when all are built. Idempotent: an index that exists already is left as it is.
 * @throws Error that names an index which exists with other options or another key, and says what to do
 */
export async function makeIndexes(db: mongo.Db, indexes: Indexes): Promise<void> {
  const collections = Object.entries(indexes);
  await Promise.all(
    collections.map(async ([name, descriptions]) => {
      try {
        await db.collection(name).createIndexes(descriptions);
      } catch (error) {
        if (!CONFLICTS.includes((error as { code?: number }).code ?? 0)) throw error;
        const conflict = conflictIn(descriptions, await db.collection(name).indexes());
        throw new Error(conflict ? sentenceOn(name, conflict) : (error as Error).message, { cause: error });
      }
    }),
  );
}

interface Conflict {
  wanted: mongo.IndexDescription;
  existing: mongo.IndexDescriptionInfo;
}

/** The first index that exists in another form: with the same name or key, and different otherwise. */
function conflictIn(
  descriptions: mongo.IndexDescription[],
  existing: mongo.IndexDescriptionInfo[],
): Conflict | null {
  for (const wanted of descriptions) {
    const sameName = existing.find(({ name }) => name === nameOf(wanted));
    const sameKey = existing.find(({ key }) => JSON.stringify(key) === JSON.stringify(wanted.key));
    for (const index of [sameName, sameKey])
      if (index && formOf(index) !== formOf(wanted)) return { wanted, existing: index };
  }
  return null;
}

function sentenceOn(collection: string, { wanted, existing }: Conflict): string {
  const name = nameOf(existing);
  return (
    `the index ${name} of ${collection} is ${formOf(existing)}, and must be ${formOf(wanted)}. ` +
    `Drop it (in mongosh: db.${collection}.dropIndex(${JSON.stringify(name)})) and run the command again; ` +
    'it makes the index anew.'
  );
}

/** As MongoDB names an index that is given no name. */
const nameOf = ({ name, key }: mongo.IndexDescription): string =>
  name ?? Object.entries(key).flat().join('_');

/** Key and options of an index as text, without its name and what the server adds. */
function formOf({
  key,
  unique,
  partialFilterExpression,
  expireAfterSeconds,
}: mongo.IndexDescription): string {
  return JSON.stringify({ key, unique: unique ?? false, partialFilterExpression, expireAfterSeconds });
}
