import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import type { ReplyRun, SetUpRun } from './runTypes.ts';
import { replyWorkflowId, setUpWorkflowId, type SetUpWorkflow } from './ids.ts';

const DEADLINE_MS = 5_000;
const AWAY_MS = 30_000;

/**
 * Signals a run to read its row again. Best effort, never rejects: a run that misses the signal reads its row
 * at its next turn. After a failed call none is made for 30 s, so that no request waits for a Temporal that
 * is away.
 */
export function createWake(client: Client) {
  let awayUntil = 0;
  return async (workflowId: string): Promise<void> => {
    if (Date.now() < awayUntil) return;
    try {
      const signal = () => client.workflow.getHandle(workflowId).signal('wake');
      await client.connection.withDeadline(Date.now() + DEADLINE_MS, signal);
    } catch (error) {
      const hasClosed = error instanceof WorkflowNotFoundError;
      if (!hasClosed) awayUntil = Date.now() + AWAY_MS;
    }
  };
}
export type Wake = ReturnType<typeof createWake>;

/** Wakes the run of a reply. */
export function createWakeReply(client: Client) {
  const wake = createWake(client);
  return ({ id, run }: ReplyRun): Promise<void> => wake(replyWorkflowId(id, run));
}

/** Wakes the run of a set-up. */
export function createWakeSetUp(client: Client) {
  const wake = createWake(client);
  return (workflow: SetUpWorkflow, { id, run }: SetUpRun): Promise<void> =>
    wake(setUpWorkflowId(workflow, id, run));
}
