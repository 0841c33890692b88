import type { EventRow, Models, WebhookDeliveryRow, WebhookRow } from '../../../infra/models/index.ts';
import { insertNew } from '../../../infra/models/insertNew.ts';
import { newDelivery, receivesEvent, sendAgain } from './deliveries.ts';

/** Events of one request. */
const MAX_EVENTS = 1_000;

/**
 * Requests that all events since a time are sent to an endpoint, in the order in which they happened: those
 * that it was never sent, and again those that it was. The latter keep their delivery id, by which receivers
 * recognise them.
 * @returns ids of the deliveries, and the time from which to continue when there are more events.
 */
export async function replay(
  models: Models,
  endpoint: WebhookRow,
  since: Date,
): Promise<{ ids: string[]; next_since: Date | null }> {
  const events = await models.Event.find({ workspace_id: endpoint.workspace_id, at: { $gte: since } })
    .sort({ at: 1, _id: 1 })
    .limit(MAX_EVENTS)
    .lean<EventRow[]>();
  const rows = events.flatMap((event) =>
    receivesEvent(endpoint, event) ? [newDelivery(endpoint, event)] : [],
  );
  const inserted = await insertNew(models.WebhookDelivery, rows);
  const existing = await models.WebhookDelivery.find(
    {
      _id: { $in: rows.map(({ _id }) => _id).filter((id) => !inserted.has(id)) },
      workspace_id: endpoint.workspace_id,
    },
    { workspace_id: 1, run: 1, at: 1 },
  ).lean<Pick<WebhookDeliveryRow, '_id' | 'workspace_id' | 'run' | 'at'>[]>();
  const sent = new Set(inserted);
  for (const row of existing) if (await sendAgain(models, row, { byHand: false })) sent.add(row._id);
  const ids = rows.map(({ _id }) => _id).filter((id) => sent.has(id));
  return { ids, next_since: events.length === MAX_EVENTS ? events.at(-1)!.at : null };
}
