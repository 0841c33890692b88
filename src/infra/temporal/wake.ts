import { type Client, WorkflowNotFoundError } from '@temporalio/client';

const DEADLINE_MS = 5_000;
const AWAY_MS = 30_000;

/**
 * Has a run look at its row. At best, and never rejects: a run that does not hear of it looks at its next turn, and the row
 * says all. Where Temporal is away it is not waited for each time.
 */
export function createWake(client: Client) {
  let awayUntil = 0;
  return async (workflowId: string): Promise<void> => {
    if (Date.now() < awayUntil) return;
    try {
      const signal = () => client.workflow.getHandle(workflowId).signal('wake');
      await client.connection.withDeadline(Date.now() + DEADLINE_MS, signal);
    } catch (error) {
      const isOver = error instanceof WorkflowNotFoundError;
      if (!isOver) awayUntil = Date.now() + AWAY_MS;
    }
  };
}
export type Wake = ReturnType<typeof createWake>;
