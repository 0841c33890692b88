import { mkdirSync } from 'node:fs';
import path from 'node:path';
import mongoose from 'mongoose';
import type { Cached } from './recipe.ts';
import { secantusPython, secantusRust } from './recipes.ts';
import { startEngine, type Engine } from './start.ts';

type MongoClient = InstanceType<typeof mongoose.mongo.MongoClient>;

export interface MongodbOptions {
  run: string;
  /** Which entry of the cache it is; null = a mongod. */
  cached: Cached | null;
  port: number;
  dataDir: string;
}

/**
 * URI of the server that `startMongodb` starts. Direct: the only member of its replica set may change its
 * port.
 */
export const mongodbUri = (port: number): string =>
  `mongodb://127.0.0.1:${port}/postroom?directConnection=true`;

/** Starts MongoDB, or its stand-in, as a replica set of one with its data in `<dataDir>`. */
export async function startMongodb({ run, cached, port, dataDir }: MongodbOptions): Promise<Engine> {
  const standIn = cached === secantusRust || cached === secantusPython;
  // A folder each: a stand-in opens files of the other without an error, and then loses rows and unique keys.
  const dbDir = path.join(dataDir, cached?.data ?? 'mongod');
  mkdirSync(dbDir, { recursive: true });
  return startEngine({
    name: 'MongoDB',
    command: run,
    args: standIn ? secantusArgs(port, dbDir) : mongodArgs(port, dbDir),
    dataDir,
    ready: () => withClient(mongodbUri(port), (client) => isWritable(client, port)),
  });
}

const mongodArgs = (port: number, dbDir: string): string[] =>
  `--replSet rs0 --bind_ip 127.0.0.1 --port ${port} --quiet --dbpath`.split(' ').concat(dbDir);

/** Without --sync-on-commit acknowledged writes are lost when the machine or the process dies. */
function secantusArgs(port: number, dbDir: string): string[] {
  return [
    ...['--port', String(port), '--storage-path', dbDir, '--sync-on-commit'],
    ...['--cache-size', '512M', '--log-level', 'WARNING'],
  ];
}

interface ReplicaSetConfig {
  version: number;
  members: { host: string }[];
}

/**
 * Whether the replica set accepts writes. Creates the set if it does not exist, and corrects it if its member
 * has moved to another port.
 */
async function isWritable(client: MongoClient, port: number): Promise<boolean> {
  const admin = client.db('admin');
  const hello = await admin.command({ hello: 1 });
  const config = async () =>
    ((await admin.command({ replSetGetConfig: 1 })) as { config: ReplicaSetConfig }).config;
  if (hello.isWritablePrimary) return true;
  const host = `127.0.0.1:${port}`;
  if (hello.setName) {
    const [member] = (await config()).members;
    if (member?.host === host) return false;
  }
  const members = [{ _id: 0, host }];
  try {
    await admin.command({ replSetInitiate: { _id: 'rs0', members } });
  } catch {
    const current = await config();
    const moved = { ...current, version: current.version + 1, members };
    await admin.command({ replSetReconfig: moved, force: true });
  }
  return false;
}

async function withClient<T>(uri: string, use: (client: MongoClient) => Promise<T>): Promise<T> {
  const client = new mongoose.mongo.MongoClient(uri, {
    serverSelectionTimeoutMS: 1_000,
    appName: 'postroom-engines',
  });
  try {
    return await use(client);
  } finally {
    await client.close();
  }
}
