import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { ReplyRun } from '../../workflows/types.ts';
import { REPLY_QUEUE, replyWorkflowId } from './ids.ts';

const DEADLINE_MS = 5_000;
const AWAY_MS = 30_000;

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

/**
 * Has the run of a reply look at its row. At best, and never rejects: a run that does not hear of it looks at its next turn, and
 * the row says all. Where Temporal is away it is not waited for each time.
 */
export function createWakeReply(client: Client) {
  let awayUntil = 0;
  return async ({ id, run }: ReplyRun): Promise<void> => {
    if (Date.now() < awayUntil) return;
    try {
      const signal = () => client.workflow.getHandle(replyWorkflowId(id, run)).signal('wake');
      await client.connection.withDeadline(Date.now() + DEADLINE_MS, signal);
    } catch (error) {
      const isOver = error instanceof WorkflowNotFoundError;
      if (!isOver) awayUntil = Date.now() + AWAY_MS;
    }
  };
}
