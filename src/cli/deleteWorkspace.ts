/**
 * `npm run delete-workspace -- <id> --name <its name>`
 *
 * Deletes a workspace with everything in it: mail, messages, files, contacts, addresses, domains, members.
 * This cannot be undone; the name confirms it. A run in Temporal does the work, and survives the end of any
 * process. Most of it takes minutes; the run checks a last time after an hour.
 */
import { parseArgs } from 'node:util';
import { createTemporalClient } from '../infra/temporal/client.ts';
import { deleteWorkspaceId } from '../infra/temporal/ids.ts';
import { createWorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { installation, operate, OperatorError } from './operator.ts';

const USAGE = 'npm run delete-workspace -- <id> --name <its name>';

function readArguments(): { id: string; name: string | undefined } {
  try {
    const { values, positionals } = parseArgs({
      options: { name: { type: 'string' } },
      allowPositionals: true,
    });
    const [id, ...more] = positionals;
    if (id === undefined || more.length > 0) throw new Error('It takes the id of one workspace.');
    return { id, name: values.name };
  } catch (error) {
    throw new OperatorError(`${(error as Error).message}\n${USAGE}`);
  }
}

await operate(async (models) => {
  const { id, name } = readArguments();
  const workspace = await models.Workspace.findById(id, { name: 1 }).lean();
  if (!workspace) throw new OperatorError(`There is no workspace ${id}.`);
  if (name !== workspace.name)
    throw new OperatorError(
      `This deletes the workspace "${workspace.name}" with everything in it, and cannot be undone. To ` +
        `confirm: --name "${workspace.name}"`,
    );
  const { temporal } = installation();
  const client = createTemporalClient(temporal);
  try {
    const result = await createWorkflowStarts(client).deleteWorkspace({ id });
    const already = result === 'already-started' ? ' already' : '';
    console.log(`${id} is being deleted${already}: ${deleteWorkspaceId(id)} in the Temporal UI.`);
  } finally {
    await client.connection.close();
  }
});
