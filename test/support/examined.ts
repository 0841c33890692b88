import type { Connection, mongo } from 'mongoose';

/** What one read costs, by the database's own account. */
export interface Examined {
  collection: string;
  /** Documents that are read for it. */
  docs: number;
}

interface Stats {
  totalDocsExamined: number;
}

/** Parts of a command that `explain` does not take. */
const ABOUT_THE_CALL = ['lsid', '$db', '$clusterTime', 'txnNumber', 'startTransaction', 'readConcern'];

/**
 * Does something, and has each of its reads explained but those of rows that are named by their ids.
 * @param connection made with `monitorCommands`
 */
export async function examinedBy(connection: Connection, act: () => Promise<void>): Promise<Examined[]> {
  const reads: mongo.Document[] = [];
  const note = ({ commandName, command }: mongo.CommandStartedEvent) => {
    if ((commandName === 'find' || commandName === 'aggregate') && !isNamed(command)) reads.push(command);
  };
  const client = connection.getClient();
  client.on('commandStarted', note);
  try {
    await act();
  } finally {
    client.off('commandStarted', note);
  }
  const examined: Examined[] = [];
  for (const read of reads)
    examined.push({ collection: String(read.find ?? read.aggregate), docs: await docsOf(connection, read) });
  return examined;
}

const isNamed = ({ filter, pipeline }: mongo.Document): boolean =>
  // A change stream reads no collection.
  filter ? '_id' in (filter as object) : JSON.stringify(pipeline).startsWith('[{"$changeStream"');

async function docsOf(connection: Connection, read: mongo.Document): Promise<number> {
  const asked = Object.fromEntries(Object.entries(read).filter(([name]) => !ABOUT_THE_CALL.includes(name)));
  const plan = await connection.db!.command({ explain: asked, verbosity: 'executionStats' });
  const [first] = (plan.stages ?? []) as { $cursor?: { executionStats: Stats } }[];
  const stats = (plan.executionStats ?? first?.$cursor?.executionStats) as Stats;
  return stats.totalDocsExamined;
}
