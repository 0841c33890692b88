import type { Logger } from 'pino';
import type { Models } from '../infra/models/index.ts';
import type { WebhookRun } from '../infra/temporal/runTypes.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { faultOf } from '../lib/faultOf.ts';

/** Runs that are started at the same time. */
const AT_ONCE = 20;
const BATCH = 500;

/**
 * Starts the runs of deliveries to endpoints. A row keeps `wants_start` until its run is started, so nothing
 * is lost while Temporal is away or when a process dies.
 */
export interface DeliveryStarter {
  /** Starts them in the background; the sweep repeats what fails. Never throws. */
  add(runs: WebhookRun[]): void;
  /** Starts what any process has left. @throws anything when Temporal or MongoDB is away */
  sweep(): Promise<void>;
}

export function createDeliveryStarter({
  models,
  starts,
  log,
}: {
  models: Models;
  starts: Pick<WorkflowStarts, 'deliverWebhook'>;
  log: Logger;
}): DeliveryStarter {
  /** Workspaces take turns (`WorkflowStarts`). */
  async function workspacesOf(runs: WebhookRun[]): Promise<Map<string, string>> {
    const rows = await models.WebhookDelivery.find(
      { _id: { $in: runs.map(({ id }) => id) } },
      { workspace_id: 1 },
    ).lean<{ _id: string; workspace_id: string }[]>();
    return new Map(rows.map((row) => [row._id, row.workspace_id]));
  }

  async function start(runs: WebhookRun[]): Promise<void> {
    for (let from = 0; from < runs.length; from += AT_ONCE) {
      const batch = runs.slice(from, from + AT_ONCE);
      const workspaceOf = await workspacesOf(batch);
      await Promise.all(batch.map((run) => starts.deliverWebhook(run, workspaceOf.get(run.id))));
      const started = batch.map(({ id, run }) => ({ _id: id, run }));
      await models.WebhookDelivery.updateMany({ $or: started }, { $set: { wants_start: false } });
    }
  }
  return {
    add(runs) {
      start(runs).catch((error: unknown) =>
        log.warn({ error: faultOf(error) }, 'deliveries could not be started; the worker tries again'),
      );
    },
    async sweep() {
      const waiting = await models.WebhookDelivery.find({ wants_start: true }, { run: 1 })
        .limit(BATCH)
        .lean();
      await start(waiting.map(({ _id, run }) => ({ id: _id, run })));
    },
  };
}
