import mongoose, { type Connection } from 'mongoose';

/** MongoDB answers, but cannot be used as it is; the message says how to change it. */
export class UnsuitableDatabase extends Error {}

const STANDALONE =
  'MongoDB is a standalone server, and Postroom needs a replica set (one node is enough) for ' +
  'transactions and change streams. Start it with `mongod --replSet rs0`, then run `rs.initiate()` ' +
  'once in mongosh.';

/**
 * A connection that is not open yet. `connect` opens it; after a break the driver connects again by itself.
 */
export function newConnection(): Connection {
  const connection = mongoose.createConnection();
  // A break is also an error event, which would end the process without a listener.
  connection.on('error', () => undefined);
  return connection;
}

/**
 * One attempt to connect. Writes are acknowledged when a majority has them in its journal.
 * @param timeoutMs longest wait for a connection or an answer; by default an answer may take any time
 * @throws UnsuitableDatabase, or the driver's error when the server is away
 */
export async function connect(connection: Connection, uri: string, timeoutMs?: number): Promise<void> {
  await connection.openUri(uri, {
    serverSelectionTimeoutMS: 1_500,
    connectTimeoutMS: 1_500,
    ...(timeoutMs !== undefined && { socketTimeoutMS: timeoutMs, waitQueueTimeoutMS: timeoutMs }),
    writeConcern: { w: 'majority', journal: true },
    appName: 'postroom',
  });
  try {
    await refuseStandalone(connection);
  } catch (error) {
    await connection.close();
    throw error;
  }
}

async function refuseStandalone(connection: Connection): Promise<void> {
  const hello = await connection.getClient().db('admin').command({ hello: 1 });
  // A member of a replica set, or a router of a sharded cluster.
  if (!hello.setName && hello.msg !== 'isdbgrid') throw new UnsuitableDatabase(STANDALONE);
}
