import path from 'node:path';
import type { Config } from '../infra/config.ts';
import { servingName } from '../infra/database.ts';
import type { Models } from '../infra/models/index.ts';
import { readReady } from './ready.ts';
import { isAlive } from '../lib/isAlive.ts';

const ANSWERS_WITHIN_MS = 2_000;

/**
 * A sentence about a web or worker process that runs, as far as can be known: one of `npm start` in this
 * folder, one on this machine's ports, one that is connected to the database (where the server says it).
 * @returns null when none is found
 */
export async function whatRuns(models: Models, config: Config): Promise<string | null> {
  const pid = readReady(path.resolve('.postroom'))?.pid;
  if (pid !== undefined && isAlive(pid)) return `\`npm start\` runs in this folder (process ${pid}).`;
  for (const [name, port] of [
    ['Web', config.port],
    ['The worker', config.workerPort],
  ] as const)
    if (await isLive(port)) return `${name} runs on this machine (port ${port}).`;
  const clients = await connectedClients(models);
  return clients.length > 0 ? `Postroom is connected to the database (from ${clients.join(', ')}).` : null;
}

const isLive = (port: number): Promise<boolean> =>
  fetch(`http://127.0.0.1:${port}/health/live`, { signal: AbortSignal.timeout(ANSWERS_WITHIN_MS) })
    .then(async (answer) => ((await answer.json()) as { status?: unknown }).status === 'live')
    .catch(() => false);

/** Addresses of web and worker. Empty also where the server does not know the question, or refuses it. */
async function connectedClients({ connection }: Models): Promise<string[]> {
  try {
    const rows = await connection
      .getClient()
      .db('admin')
      .aggregate<{ client?: string; ns?: string }>([
        { $currentOp: { allUsers: false, idleConnections: true } },
        { $match: { appName: servingName(connection.db!.databaseName) } },
      ])
      .toArray();
    return [...new Set(rows.map(({ client = 'an unknown address' }) => client.replace(/:\d+$/, '')))];
  } catch {
    return [];
  }
}
