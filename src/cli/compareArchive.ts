/**
 * `npm run compare-archive [-- --since 2026-11-28]`
 *
 * Starts mail that is in the archive and that neither MongoDB nor Temporal knows: after one of them was
 * restored from a backup, or when an operator ended runs. Web does the same when it starts, and daily, for what
 * came since the last time; `--since` (a date or a time, ISO 8601) compares everything that arrived since then.
 */
import { parseArgs } from 'node:util';
import pino from 'pino';
import { createProviders } from '../infra/providers/index.ts';
import { createStorage } from '../infra/storage/createStorage.ts';
import { createTemporalClient } from '../infra/temporal/client.ts';
import { createWorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { compareArchive } from '../sweeps/compareArchive.ts';
import { installation, operate, OperatorError } from './operator.ts';

const USAGE = 'npm run compare-archive [-- --since 2026-11-28]';

/** @throws OperatorError */
function sinceArgument(): Date | undefined {
  try {
    const { since } = parseArgs({ options: { since: { type: 'string' } } }).values;
    if (since === undefined) return undefined;
    const date = new Date(since);
    if (Number.isNaN(date.getTime())) throw new Error(`not a date: ${since}`);
    return date;
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`);
  }
}

await operate(async (models) => {
  const since = sinceArgument();
  const config = installation();
  const client = createTemporalClient(config.temporal);
  try {
    const started = await compareArchive(
      {
        providers: createProviders(config).keys(),
        storage: await createStorage(config.storage),
        models,
        client,
        starts: createWorkflowStarts(client),
        log: pino({ name: 'compare-archive', level: config.logLevel }, pino.destination(2)),
      },
      since,
    );
    console.log(started === 0 ? 'Nothing to do: all mail in the archive is known.' : `${started} started.`);
  } finally {
    await client.connection.close();
  }
});
