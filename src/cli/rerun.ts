/**
 * `npm run rerun -- <id> [<id> …]`
 *
 * Runs skipped, held or failed mail again (or mail with a file that failed), from its stored payload. `npm
 * run skipped` and the API's inbound emails show the ids.
 */
import { createTemporalClient } from '../infra/temporal/client.ts';
import { rerunInbound, type Rerun } from '../infra/temporal/rerun.ts';
import { createWorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { installation, operate, OperatorError } from './operator.ts';

await operate(async (models) => {
  const ids = process.argv.slice(2);
  if (ids.length === 0)
    throw new OperatorError('npm run rerun -- <id> [<id> …]   (`npm run skipped` shows the ids)');
  const { temporal } = installation();
  const client = createTemporalClient(temporal);
  const starts = createWorkflowStarts(client);
  try {
    for (const id of ids) report(id, await rerunInbound({ models, client, starts }, id), temporal);
  } finally {
    await client.connection.close();
  }
});

function report(
  id: string,
  rerun: Rerun,
  { uiUrl, namespace }: { uiUrl: string | null; namespace: string },
): void {
  if (rerun.result === 'not found') {
    console.error(`${id}: there is no such mail.`);
    process.exitCode = 1;
  } else if (rerun.result === 'raw gone') {
    console.error(`${id}: its raw mail was deleted after RETENTION_DAYS, so it cannot be run again.`);
    process.exitCode = 1;
  } else if (rerun.result === 'not needed') {
    console.log(`${id}: nothing to do: the mail is a message with all its files, or its run is still open.`);
  } else {
    const link =
      uiUrl && `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(rerun.workflowId)}`;
    console.log(
      `${id}: ${rerun.result === 'started' ? 'started' : 'already running'} as ${link ?? rerun.workflowId}`,
    );
  }
}
