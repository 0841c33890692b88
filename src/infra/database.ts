import mongoose, { type Connection, type mongo } from 'mongoose';

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
  limitCommands(connection);
  return connection;
}

/** Longest time of a command, by connection (ms). */
const longest = new WeakMap<Connection, number>();
/** Where the options stand among the arguments of the driver's methods. */
const OPTIONS_AT = [
  [1, ['find', 'findOne', 'countDocuments', 'aggregate']],
  [1, ['insertOne', 'insertMany', 'bulkWrite', 'deleteOne', 'deleteMany', 'findOneAndDelete']],
  [2, ['updateOne', 'updateMany', 'replaceOne', 'findOneAndUpdate', 'findOneAndReplace', 'distinct']],
] as const;
type Method = (...args: unknown[]) => unknown;

/**
 * Tells the server with each command on a collection how long it may take. Mongoose would do so for its own
 * queries alone, and the driver's `timeoutMS` has no effect any more.
 */
function limitCommands(connection: Connection): void {
  const collectionOf = connection.collection.bind(connection);
  connection.collection = <Row extends mongo.Document>(...args: Parameters<typeof collectionOf>) => {
    const collection = collectionOf<Row>(...args);
    const methods = collection as unknown as Record<string, Method>;
    for (const [at, names] of OPTIONS_AT)
      // Mongoose gives the same object for the same name.
      for (const method of names.filter((known) => !Object.hasOwn(methods, known))) {
        const run = methods[method]!.bind(collection);
        methods[method] = (...args) => {
          const maxTimeMS = longest.get(connection);
          if (maxTimeMS !== undefined) args[at] = { maxTimeMS, ...(args[at] as object | undefined) };
          return run(...args);
        };
      }
    return collection;
  };
}

/** What a connection may ask of the server. */
export interface Limits {
  /**
   * Longest time for a command, for the majority's acknowledgement of a write, and for the wait for a place in the
   * pool (ms). The server is told, and ends the command then. By default an answer may take any time.
   */
  timeoutMs?: number;
  /** Commands in flight at one time; further ones wait in this process. */
  commandsAtOnce?: number;
  /** How the server names this connection; an operator's command is not taken for a process that serves. */
  appName?: string;
}

/** Name of the connections of web and worker to this database. */
export const servingName = (database: string): string => `postroom/${database}`;

/** Of `mongodb://host,host/name?options`; the driver's own default is `test`. */
const databaseIn = (uri: string): string => /^[^/]+\/\/[^/]+\/([^?]+)/.exec(uri)?.[1] ?? 'test';

/**
 * How long the search for a server, or a connection to it, may take (ms). Each takes several round trips, which
 * a slow network delays by seconds each; a server that refuses is noticed at once.
 */
const REACH_MS = 10_000;
/**
 * How much longer the socket waits than the server may take (ms). Its time-out breaks the connection off while
 * the server goes on with the command, and the retry would add another one: it must not come first.
 */
const SOCKET_LATER_MS = 15_000;

/**
 * One attempt to connect. Writes are acknowledged when a majority has them in its journal.
 * The driver's heartbeats find a server that fell silent.
 * @throws UnsuitableDatabase, or the driver's error when the server is away
 */
export async function connect(
  connection: Connection,
  uri: string,
  { timeoutMs, commandsAtOnce, appName = servingName(databaseIn(uri)) }: Limits = {},
): Promise<void> {
  if (timeoutMs !== undefined) longest.set(connection, timeoutMs);
  await connection.openUri(uri, {
    serverSelectionTimeoutMS: REACH_MS,
    connectTimeoutMS: REACH_MS,
    ...(timeoutMs !== undefined && {
      socketTimeoutMS: timeoutMs + SOCKET_LATER_MS,
      waitQueueTimeoutMS: timeoutMs,
    }),
    ...(commandsAtOnce !== undefined && { maxPoolSize: commandsAtOnce }),
    writeConcern: { w: 'majority', journal: true, ...(timeoutMs !== undefined && { wtimeoutMS: timeoutMs }) },
    appName,
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
