import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { ReplyRun } from './runTypes.ts';
import { REPLY_QUEUE, replyWorkflowId } from './ids.ts';
import { createWake } from './wake.ts';

const DEADLINE_MS = 5_000;

/**
 * Starts the workflow of one reply. Its id makes it one however often it is asked for: REJECT_DUPLICATE refuses a second
 * start also when the first run is closed, conflict FAIL says so while it is open.
 * @throws ServiceError when Temporal is away, at the latest after 5 s; the run may be there all the same.
 */
export function createStartReply(client: Client) {
  return async ({ id, run }: ReplyRun): Promise<'started' | 'already-started'> => {
    try {
      await client.connection.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflow.start('sendReply', {
          taskQueue: REPLY_QUEUE,
          workflowId: replyWorkflowId(id, run),
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          args: [{ id, run }],
          staticSummary: run === 1 ? 'A reply goes out' : `A reply goes out, run ${run}`,
        }),
      );
      return 'started';
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return 'already-started';
      throw error;
    }
  };
}

/** Has the run of a reply look at its row (wake.ts). */
export function createWakeReply(client: Client) {
  const wake = createWake(client);
  return ({ id, run }: ReplyRun): Promise<void> => wake(replyWorkflowId(id, run));
}
