import type { Logger } from 'pino';
import { isDown } from '../core/events/webhooks/endpointHealth.ts';
import type { Models, WebhookDeliveryRow, WebhookRow } from '../infra/models/index.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { faultOf } from '../lib/faultOf.ts';

/** Runs that are started at the same time. */
const AT_ONCE = 20;
const BATCH = 500;

/**
 * Starts the runs of endpoints, or signals those that are open, for new deliveries. A row keeps `wants_start`
 * until its endpoint's run knows of it, so nothing is lost while Temporal is away or when a process dies.
 */
export interface DeliveryStarter {
  /**
   * Has these deliveries worked off, in the background; the sweep repeats what fails. Never throws.
   * @param ids of deliveries
   */
  add(ids: string[]): void;
  /** Has an endpoint's run look at the endpoint, which was changed, in the background. Never throws. */
  wake(endpoint: Pick<WebhookRow, '_id' | 'workspace_id'>): void;
  /** Does what any process has left. @throws anything when Temporal or MongoDB is away */
  sweep(): Promise<void>;
}

type NewDelivery = Pick<
  WebhookDeliveryRow,
  '_id' | 'run' | 'webhook_id' | 'workspace_id' | 'type' | 'by_hand'
>;

export function createDeliveryStarter({
  models,
  starts,
  log,
}: {
  models: Models;
  starts: Pick<WorkflowStarts, 'deliverToEndpoint'>;
  log: Logger;
}): DeliveryStarter {
  const findNew = (filter: object) =>
    models.WebhookDelivery.find(
      { ...filter, wants_start: true },
      { run: 1, webhook_id: 1, workspace_id: 1, type: 1, by_hand: 1 },
    )
      .limit(BATCH)
      .lean<NewDelivery[]>();

  /** One start for each endpoint. */
  async function start(deliveries: NewDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const endpoints = await endpointsToStart(models, deliveries);
    for (let from = 0; from < endpoints.length; from += AT_ONCE)
      await Promise.all(endpoints.slice(from, from + AT_ONCE).map(startEndpoint));
    const known = deliveries.map(({ _id, workspace_id, run }) => ({ _id, workspace_id, run }));
    await models.WebhookDelivery.updateMany({ $or: known }, { $set: { wants_start: false } });
  }

  /** Workspaces take turns (`WorkflowStarts`). */
  const startEndpoint = ([id, workspaceId]: [string, string]) =>
    starts.deliverToEndpoint({ id }, workspaceId);

  const inBackground = (work: Promise<unknown>): void =>
    void work.catch((error: unknown) =>
      log.warn({ error: faultOf(error) }, 'deliveries could not be started; the worker tries again'),
    );

  return {
    add: (ids) => inBackground(findNew({ _id: { $in: ids } }).then(start)),
    wake: ({ _id, workspace_id }) => inBackground(startEndpoint([_id, workspace_id])),
    sweep: async () => start(await findNew({})),
  };
}

/**
 * Ids of the endpoints of new deliveries, each with its workspace. Without those that are down and whose run
 * waits: it tries a delivery when it wakes, and a new one would only make its history longer.
 */
async function endpointsToStart(models: Models, deliveries: NewDelivery[]): Promise<[string, string][]> {
  const all = new Map(deliveries.map(({ webhook_id, workspace_id }) => [webhook_id, workspace_id]));
  const asleep = new Map(
    (
      await models.Webhook.find({
        _id: { $in: [...all.keys()] },
        asleep_until: { $gt: new Date() },
      }).lean<WebhookRow[]>()
    ).map((endpoint) => [endpoint._id, endpoint]),
  );
  const canWait = ({ webhook_id, type, by_hand }: NewDelivery): boolean => {
    const endpoint = asleep.get(webhook_id);
    return !!endpoint && isDown(endpoint) && !by_hand && !!endpoint.failed_types?.includes(type);
  };
  const toStart = new Set(deliveries.filter((delivery) => !canWait(delivery)).map((row) => row.webhook_id));
  return [...all].filter(([id]) => toStart.has(id));
}
