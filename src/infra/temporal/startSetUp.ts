import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { SetUpRun } from './runTypes.ts';
import { SET_UP_QUEUE, setUpWorkflowId, type SetUpWorkflow } from './ids.ts';
import { createWake } from './wake.ts';

const DEADLINE_MS = 5_000;
const SUMMARY: Record<SetUpWorkflow, string> = {
  verifyForwarding: 'An address is being proved',
  verifyDomain: 'A domain is being proved, and looked after',
};

/**
 * Starts the run of a set-up, or has it look at its row where it is there. Its id makes it one however often it is asked for.
 * @throws ServiceError when Temporal is away, at the latest after 5 s; the run may be there all the same.
 */
export function createStartSetUp(client: Client) {
  return async (workflow: SetUpWorkflow, { id, run }: SetUpRun): Promise<'under way' | 'over'> => {
    try {
      await client.connection.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflow.signalWithStart(workflow, {
          signal: 'wake',
          taskQueue: SET_UP_QUEUE,
          workflowId: setUpWorkflowId(workflow, id, run),
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          args: [{ id, run }],
          staticSummary: run === 1 ? SUMMARY[workflow] : `${SUMMARY[workflow]}, run ${run}`,
        }),
      );
      return 'under way';
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return 'over';
      throw error;
    }
  };
}
export type StartSetUp = ReturnType<typeof createStartSetUp>;

/** Has the run of a set-up look at its row (wake.ts). */
export function createWakeSetUp(client: Client) {
  const wake = createWake(client);
  return (workflow: SetUpWorkflow, { id, run }: SetUpRun): Promise<void> =>
    wake(setUpWorkflowId(workflow, id, run));
}
