import type { EventRow, Models } from '../../infra/models/index.ts';
import { insertNew } from '../../infra/models/insertNew.ts';
import { notify } from './notifications/notify.ts';
import { newDeliveries } from './webhooks/deliveries.ts';
import type { RowChange } from './changes.ts';
import { domainEvents } from './domainEvents.ts';

interface HandleDeps {
  models: Models;
  /** Starts the runs of these deliveries, in the background; never throws. */
  startDeliveries: (ids: string[]) => void;
}

/**
 * What follows from changes in the database: events, their deliveries to endpoints, and notifications. Each has an id made of what
 * happened, so that doing it again, or beside another worker, adds nothing.
 */
export function createHandler({ models, startDeliveries }: HandleDeps) {
  return async (changes: RowChange[]): Promise<void> => {
    const events = changes.flatMap(domainEvents);
    if (events.length === 0) return;
    const rows: EventRow[] = events;
    await insertNew(models.Event, rows);
    startDeliveries([...(await newDeliveries(models, rows))]);
    await notify(models, events);
  };
}
