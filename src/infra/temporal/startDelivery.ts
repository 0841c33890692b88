import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { Logger } from 'pino';
import type { WebhookRun } from './runTypes.ts';
import type { Models } from '../models/index.ts';
import { faultOf } from '../../lib/faultOf.ts';
import { WEBHOOK_QUEUE, webhookWorkflowId } from './ids.ts';

const DEADLINE_MS = 5_000;
/** Started side by side. */
const AT_ONCE = 20;
const BATCH = 500;

/**
 * Starts the run of a delivery. Its id makes it one however often it is asked for.
 * @throws ServiceError when Temporal is away, at the latest after 5 s; the run may be there all the same.
 */
export function createStartDelivery(client: Client) {
  return async ({ id, run }: WebhookRun): Promise<'started' | 'already-started'> => {
    try {
      await client.connection.withDeadline(Date.now() + DEADLINE_MS, () =>
        client.workflow.start('deliverWebhook', {
          taskQueue: WEBHOOK_QUEUE,
          workflowId: webhookWorkflowId(id, run),
          workflowIdReusePolicy: 'REJECT_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
          args: [{ id, run }],
          staticSummary:
            run === 1 ? 'An event goes to an endpoint' : `An event goes to an endpoint, run ${run}`,
        }),
      );
      return 'started';
    } catch (error) {
      if (error instanceof WorkflowExecutionAlreadyStartedError) return 'already-started';
      throw error;
    }
  };
}

/** Starts runs of deliveries; a row whose `wants_start` is set still wants one: Temporal was away, or a process died. */
export interface DeliveryStarter {
  /** In the background; what fails is left to the sweep. Never throws. */
  add(runs: WebhookRun[]): void;
  /** Starts what any process has left. @throws anything when Temporal or MongoDB is away */
  sweep(): Promise<void>;
}

export function createDeliveryStarter({
  models,
  startDelivery,
  log,
}: {
  models: Models;
  startDelivery: (run: WebhookRun) => Promise<unknown>;
  log: Logger;
}): DeliveryStarter {
  async function start(runs: WebhookRun[]): Promise<void> {
    for (let from = 0; from < runs.length; from += AT_ONCE) {
      const some = runs.slice(from, from + AT_ONCE);
      await Promise.all(some.map(startDelivery));
      const started = some.map(({ id, run }) => ({ _id: id, run }));
      await models.WebhookDelivery.updateMany({ $or: started }, { $set: { wants_start: false } });
    }
  }
  return {
    add(runs) {
      start(runs).catch((error: unknown) =>
        log.warn({ error: faultOf(error) }, 'deliveries are not started yet; the worker tries again'),
      );
    },
    async sweep() {
      const wanting = await models.WebhookDelivery.find({ wants_start: true }, { run: 1 })
        .limit(BATCH)
        .lean();
      await start(wanting.map(({ _id, run }) => ({ id: _id, run })));
    },
  };
}
