import { pino } from 'pino';
import { followChanges } from '../../src/core/events/followChanges.ts';
import { createChangeHandler } from '../../src/core/events/changeHandler.ts';
import { createModels, type Models } from '../../src/infra/models/index.ts';
import mongoose from 'mongoose';
import { mongoUri } from './mongodb.ts';
import { until } from './until.ts';

/** A follower of a database's changes, as the worker has one; on a connection of its own. */
export interface Follower {
  /** Deliveries whose runs it asked to start. */
  started: string[];
  stop(): Promise<void>;
}

export async function startFollower(
  models: Models,
  handle?: (n: number) => void | Promise<void>,
  leaseMs?: number,
): Promise<Follower> {
  const { connection } = models;
  const uri = new URL(connection.getClient().options.srvHost ?? mongoUri());
  uri.pathname = `/${connection.db!.databaseName}`;
  const own = await mongoose.createConnection(uri.toString()).asPromise();
  const theirs = createModels(own);
  const stopping = new AbortController();
  const started: string[] = [];
  const handler = createChangeHandler({
    models: theirs,
    startDeliveries: (ids) => void started.push(...ids),
  });
  const before = await models.StreamPosition.findById('events').lean();
  const following = followChanges({
    models: theirs,
    reader: 'events',
    log: pino({ level: 'silent' }),
    signal: stopping.signal,
    ...(leaseMs !== undefined && { leaseMs }),
    handle: async (changes) => {
      await handle?.(changes.length);
      await handler(changes);
    },
  });
  // The first follower of a database starts from now: it does not see earlier changes.
  if (!before?.token)
    await until('a place in the stream', async () =>
      Boolean((await models.StreamPosition.findById('events').lean())?.token),
    );
  return {
    started,
    async stop() {
      stopping.abort();
      await following;
      await own.close();
    },
  };
}
