import type { WebhookRun } from '../../../infra/temporal/runTypes.ts';
import type { EventRow, Models, WebhookDeliveryRow, WebhookRow } from '../../../infra/models/index.ts';
import { insertNew } from '../../../infra/models/insertNew.ts';
import { isTold, newDelivery, sendAgain } from './deliveries.ts';

/** In one request. */
const AT_MOST = 1_000;

/**
 * Has all that happened since sent to an endpoint, in the order in which it happened: what it was never sent, and again what it was
 * (under its id of then, by which receivers know it).
 * @returns the runs, and from when to ask on where that is not all
 */
export async function replay(
  models: Models,
  endpoint: WebhookRow,
  since: Date,
): Promise<{ runs: WebhookRun[]; next_since: Date | null }> {
  const events = await models.Event.find({ workspace_id: endpoint.workspace_id, at: { $gte: since } })
    .sort({ at: 1, _id: 1 })
    .limit(AT_MOST)
    .lean<EventRow[]>();
  const rows = events.flatMap((event) => (isTold(endpoint, event) ? [newDelivery(endpoint, event)] : []));
  const made = await insertNew(models.WebhookDelivery, rows);
  const there = await models.WebhookDelivery.find(
    { _id: { $in: rows.map(({ _id }) => _id).filter((id) => !made.has(id)) } },
    { run: 1 },
  ).lean<Pick<WebhookDeliveryRow, '_id' | 'run'>[]>();
  const again = new Map<string, number | null>();
  for (const row of there) again.set(row._id, await sendAgain(models, row));
  const runs = rows.flatMap(({ _id: id }): WebhookRun[] => {
    const run = made.has(id) ? 1 : again.get(id);
    return run ? [{ id, run }] : [];
  });
  return { runs, next_since: events.length === AT_MOST ? events.at(-1)!.at : null };
}
