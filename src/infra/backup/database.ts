import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import mongoose, { type mongo } from 'mongoose';
import { writeHashed, type Hashed } from './hashedFile.ts';
import { collectionFile, LEFT_OUT } from './manifest.ts';

const { EJSON } = mongoose.mongo.BSON;

/** Numbers and dates keep the types that they have in the database. */
const AS_STORED = { promoteValues: false, promoteLongs: false, promoteBuffers: false, bsonRegExp: true };
/** Rows that are inserted together. Their bytes are limited too: bodies may be 4 MB. */
const BATCH = 500;
const BATCH_BYTES = 8 * 1024 * 1024;
/** Its rows say that the database is complete: web and worker wait for them. */
export const MIGRATIONS = 'migrations';

type Row = mongo.Document;

/**
 * The database has no one moment, because it changes while it is read. So a mail's own row is read first: mail
 * that comes meanwhile has none, and is processed again. A message is read before its files and its thread,
 * and workspaces last, with their ticket numbers.
 */
const FIRST = ['inbound_emails', 'messages'];
const LAST = ['workspaces', MIGRATIONS];
const placeOf = (name: string): number =>
  FIRST.includes(name) ? FIRST.indexOf(name) - FIRST.length : LAST.indexOf(name) + 1;

/** Names of the collections that a backup holds, in the order in which they are read. */
export async function keptCollections(db: mongo.Db): Promise<string[]> {
  const all = await db.listCollections({}, { nameOnly: true }).toArray();
  return all
    .map(({ name }) => name)
    .filter((name) => !name.startsWith('system.') && !(name in LEFT_OUT))
    .sort((a, b) => placeOf(a) - placeOf(b) || (a < b ? -1 : 1));
}

/** Writes every row of a collection, one a line, as canonical extended JSON. */
export async function saveCollection(
  db: mongo.Db,
  name: string,
  folder: string,
): Promise<Hashed & { count: number }> {
  let count = 0;
  async function* lines(): AsyncGenerator<string> {
    for await (const row of db.collection(name).find({}, AS_STORED)) {
      count += 1;
      yield `${EJSON.stringify(row, { relaxed: false })}\n`;
    }
  }
  const written = await writeHashed(collectionFile(folder, name), lines());
  return { count, ...written };
}

/**
 * Inserts the rows of a collection. @returns how many were left out because another row has the same unique
 * value: it was changed while the backup was made.
 */
export async function loadCollection(db: mongo.Db, name: string, folder: string): Promise<number> {
  let leftOut = 0;
  let batch: Row[] = [];
  let bytes = 0;
  const insert = async (): Promise<void> => {
    if (batch.length > 0) leftOut += await insertAll(db.collection(name), batch);
    batch = [];
    bytes = 0;
  };
  const lines = createInterface({
    input: createReadStream(collectionFile(folder, name)),
    crlfDelay: Infinity,
  });
  for await (const line of lines) {
    batch.push(EJSON.parse(line, { relaxed: false }) as Row);
    bytes += line.length;
    if (batch.length >= BATCH || bytes >= BATCH_BYTES) await insert();
  }
  await insert();
  return leftOut;
}

async function insertAll(collection: mongo.Collection, rows: Row[]): Promise<number> {
  try {
    await collection.insertMany(rows, { ordered: false });
    return 0;
  } catch (error) {
    if (!(error instanceof mongoose.mongo.MongoBulkWriteError)) throw error;
    const faults = [error.writeErrors].flat();
    if (faults.some(({ code }) => code !== 11000)) throw error;
    return faults.length;
  }
}

/** Whether anything but the record of migrations is in the database. */
export async function isEmpty(db: mongo.Db): Promise<boolean> {
  for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
    if (name.startsWith('system.') || name === MIGRATIONS) continue;
    if (await db.collection(name).findOne({}, { projection: { _id: 1 } })) return false;
  }
  return true;
}

/** Drops every collection. The record of migrations goes first: from then on web and worker wait. */
export async function dropAll(db: mongo.Db): Promise<void> {
  const names = (await db.listCollections({}, { nameOnly: true }).toArray()).map(({ name }) => name);
  const kept = names.filter((name) => !name.startsWith('system.') && name !== MIGRATIONS);
  if (names.includes(MIGRATIONS)) await db.collection(MIGRATIONS).drop();
  for (const name of kept) await db.collection(name).drop();
}
