import { WorkflowNotFoundError, type Client } from '@temporalio/client';

/**
 * State of a run in Temporal: open, closed with its status, or unknown (never started, or older than the
 * retention).
 */
export type RunState = { state: 'open' } | { state: 'closed'; status: string } | { state: 'unknown' };

export async function runState(client: Client, workflowId: string): Promise<RunState> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    const isOpen = status.name === 'RUNNING' || status.name === 'PAUSED';
    return isOpen ? { state: 'open' } : { state: 'closed', status: status.name.toLowerCase() };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return { state: 'unknown' };
    throw error;
  }
}
