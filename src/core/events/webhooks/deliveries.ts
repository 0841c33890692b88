import type { WebhookEvent } from '../../../infra/models/eventTypes.ts';
import type { EventRow, Models, WebhookDeliveryRow, WebhookRow } from '../../../infra/models/index.ts';
import { insertNew } from '../../../infra/models/insertNew.ts';
import { hashOf } from '../../../lib/ids.ts';

/**
 * Endpoints are the workspace's, made by owners, who may not see others' personal mail: what only one person sees goes to none
 * (design, promise 5), not even to an endpoint that this person made.
 */
const isForEndpoints = ({ audiences }: Pick<EventRow, 'audiences'>): boolean =>
  audiences.some((audience) => !audience.startsWith('owner:'));

/** An event that endpoints can be told of. */
export type WebhookEventRow = EventRow & { type: WebhookEvent };

/** Whether an endpoint is told of an event. */
export function isTold({ workspace_id, events }: WebhookRow, event: EventRow): event is WebhookEventRow {
  return (
    event.workspace_id === workspace_id && events.some((type) => type === event.type) && isForEndpoints(event)
  );
}

/** Saves what is to be posted. @returns ids of the deliveries that are new */
export async function newDeliveries(models: Models, events: EventRow[]): Promise<Set<string>> {
  const told = events.filter(isForEndpoints);
  if (told.length === 0) return new Set();
  const workspaces = [...new Set(told.map(({ workspace_id }) => workspace_id))];
  const endpoints = await models.Webhook.find({ workspace_id: { $in: workspaces }, active: true }).lean<
    WebhookRow[]
  >();
  // Events are for endpoints that were there when they happened.
  const deliveries = endpoints.flatMap((endpoint) =>
    told.flatMap((event) =>
      isTold(endpoint, event) && event.at >= endpoint.created_at ? [newDelivery(endpoint, event)] : [],
    ),
  );
  return insertNew(models.WebhookDelivery, deliveries);
}

export function newDelivery({ _id, workspace_id }: WebhookRow, event: WebhookEventRow): WebhookDeliveryRow {
  return {
    _id: hashOf('delivery', _id, event._id),
    workspace_id,
    webhook_id: _id,
    event_id: event._id,
    type: event.type,
    at: event.at,
    state: 'pending',
    attempts: [],
    run: 1,
    wants_start: true,
    created_at: new Date(),
  };
}

/** Has a delivery sent again, as a new run. @returns the run, or null while one is under way */
export async function sendAgain(
  models: Models,
  { _id, run }: Pick<WebhookDeliveryRow, '_id' | 'run'>,
): Promise<number | null> {
  const { modifiedCount } = await models.WebhookDelivery.updateOne(
    { _id, run, state: { $ne: 'pending' } },
    { $set: { state: 'pending', run: run + 1, wants_start: true } },
  );
  return modifiedCount === 1 ? run + 1 : null;
}
