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
    attempts: [],
    run: 1,
    ...dueSince(event.at),
    created_at: new Date(),
  };
}

/** A delivery that is to be attempted, and whose endpoint's run does not know of it yet. */
export const dueSince = (at: Date, byHand = false) => ({
  state: 'pending' as const,
  next_attempt_at: at,
  claimed_until: null,
  by_hand: byHand,
  brought_forward: false,
  wants_start: true,
});

/**
 * Requests that a delivery is sent again, with ten attempts.
 * @param byHand a person waits for it: it does not wait for an endpoint that is down
 * @returns false while it is being sent
 */
export async function sendAgain(
  models: Models,
  { _id, workspace_id, run, at }: Pick<WebhookDeliveryRow, '_id' | 'workspace_id' | 'run' | 'at'>,
  { byHand }: { byHand: boolean },
): Promise<boolean> {
  const { modifiedCount } = await models.WebhookDelivery.updateOne(
    { _id, workspace_id, run, state: { $ne: 'pending' } },
    { $set: { ...dueSince(at, byHand), run: run + 1 } },
  );
  return modifiedCount === 1;
}

/** Pending deliveries of an endpoint that is switched off are not sent. */
export async function cancelPending(
  models: Models,
  { workspace_id, _id: webhook_id }: WebhookRow,
): Promise<void> {
  await models.WebhookDelivery.updateMany(
    { workspace_id, webhook_id, state: 'pending' },
    { $set: { state: 'cancelled', wants_start: false } },
  );
}
