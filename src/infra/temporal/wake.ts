import type { Client } from '@temporalio/client';
import type { Breaker } from '../../lib/breaker.ts';
import { createTemporalBreaker } from './breaker.ts';
import type { ReplyRun, SetUpRun } from './runTypes.ts';
import { replyWorkflowId, setUpWorkflowId, type SetUpWorkflow } from './ids.ts';

const DEADLINE_MS = 5_000;

/**
 * Signals a run to read its row again. Best effort, never rejects: a run that misses the signal reads its row
 * at its next turn. While Temporal is away none is sent, so that no request waits for it.
 */
export function createWake(client: Client, breaker = createTemporalBreaker()) {
  return async (workflowId: string): Promise<void> => {
    if (breaker.isOpen()) return;
    const signal = () => client.workflow.getHandle(workflowId).signal('wake');
    const signalInTime = () => client.connection.withDeadline(Date.now() + DEADLINE_MS, signal);
    await breaker.call(signalInTime).catch(() => undefined);
  };
}
export type Wake = ReturnType<typeof createWake>;

/** Wakes the run of a reply. */
export function createWakeReply(client: Client, breaker?: Breaker) {
  const wake = createWake(client, breaker);
  return ({ id, run }: ReplyRun): Promise<void> => wake(replyWorkflowId(id, run));
}

/** Wakes the run of a set-up. */
export function createWakeSetUp(client: Client, breaker?: Breaker) {
  const wake = createWake(client, breaker);
  return (workflow: SetUpWorkflow, { id, run }: SetUpRun): Promise<void> =>
    wake(setUpWorkflowId(workflow, id, run));
}
