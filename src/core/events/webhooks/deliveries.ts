import type { WebhookEvent } from '../../../infra/models/eventTypes.ts';
import type { EventRow, Models, WebhookDeliveryRow, WebhookRow } from '../../../infra/models/index.ts';
import { insertNew } from '../../../infra/models/insertNew.ts';
import { hashOf } from '../../../lib/ids.ts';
import { isEverybodys } from '../../threads/audiences.ts';

/**
 * Endpoints belong to the workspace. Its owners make them, and may not see other users' personal mail: an
 * event that only one user or one team may see goes to no endpoint, not even to one that this user made.
 */
const isForEndpoints = ({ audiences }: Pick<EventRow, 'audiences'>): boolean => isEverybodys(audiences);

/** An event of a type that endpoints can receive. */
export type WebhookEventRow = EventRow & { type: WebhookEvent };

/** Whether an endpoint receives an event. */
export function receivesEvent(
  { workspace_id, events }: WebhookRow,
  event: EventRow,
): event is WebhookEventRow {
  return (
    event.workspace_id === workspace_id && events.some((type) => type === event.type) && isForEndpoints(event)
  );
}

/** Saves a delivery for each endpoint that receives an event. @returns ids of the new deliveries. */
export async function newDeliveries(models: Models, events: EventRow[]): Promise<Set<string>> {
  const eligible = events.filter(isForEndpoints);
  if (eligible.length === 0) return new Set();
  const workspaces = [...new Set(eligible.map(({ workspace_id }) => workspace_id))];
  const endpoints = await models.Webhook.find({ workspace_id: { $in: workspaces }, active: true }).lean<
    WebhookRow[]
  >();
  // An endpoint receives only events that happened after it was made.
  const deliveries = endpoints.flatMap((endpoint) =>
    eligible.flatMap((event) =>
      receivesEvent(endpoint, event) && event.at >= endpoint.created_at ? [newDelivery(endpoint, event)] : [],
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

/** Requests a new run of a delivery. @returns the run's number; null while a run is under way. */
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
