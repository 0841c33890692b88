/**
 * `npm run delete-workspace -- <id> --name <its name>`
 *
 * Deletes a workspace whole and for ever: mail, messages, files, contacts, addresses, domains, members. The name says that it is meant.
 * It is done by a run in Temporal, whatever dies meanwhile; most of it within minutes, the last look is after an hour.
 */
import { parseArgs } from 'node:util';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { createTemporalClient } from '../infra/temporal/client.ts';
import { deleteWorkspaceId, SET_UP_QUEUE } from '../infra/temporal/ids.ts';
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
      `This deletes the workspace "${workspace.name}" and all that is in it, for ever. If that is meant: --name "${workspace.name}"`,
    );
  const { temporal } = installation();
  const client = createTemporalClient(temporal);
  const workflowId = deleteWorkspaceId(id);
  try {
    await client.workflow.start('deleteWorkspace', {
      taskQueue: SET_UP_QUEUE,
      workflowId,
      args: [{ id }],
      staticSummary: 'A workspace is deleted',
    });
    console.log(`${id} is being deleted: ${workflowId} in the Temporal UI.`);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    console.log(`${id} is being deleted already: ${workflowId} in the Temporal UI.`);
  } finally {
    await client.connection.close();
  }
});
