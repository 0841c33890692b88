import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { InboundRun } from './runTypes.ts';
import { inboundWorkflowId, MAIL_QUEUE } from './ids.ts';

const DEADLINE_MS = 5_000;

/**
 * Starts the workflow of one inbound email. Its id folds repeats: REJECT_DUPLICATE refuses a second start also when the
 * first run is closed, conflict FAIL (and not USE_EXISTING) says so while it is open.
 * @throws ServiceError when Temporal is away, at the latest after 5 s; the run may be there all the same.
 */
export function createStartRun(client: Client) {
  return async (run: InboundRun): Promise<'started' | 'already-started'> => {
    try {
      await client.connection.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflow.start('inboundEmail', {
          taskQueue: MAIL_QUEUE,
          workflowId: inboundWorkflowId(run.id, run.run),
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          args: [run],
          staticSummary: run.run === 1 ? 'A mail comes in' : `A mail comes in, run ${run.run}`,
          staticDetails: `Payload: ${run.key}`,
        }),
      );
      return 'started';
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return 'already-started';
      throw error;
    }
  };
}
