import type { EventRow, Models } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { insertNew } from '../../infra/models/insertNew.ts';
import { createNotifications } from './notifications/createNotifications.ts';
import { newDeliveries } from './webhooks/deliveries.ts';
import type { RowChange } from './changes.ts';
import { giveBackReplies } from '../replies/stop.ts';
import { summariseThreadOf } from '../threads/summary.ts';
import { threadsOf } from '../threads/threads.ts';
import { domainEvents } from './domainEvents.ts';
import { historyOf, THREAD_KINDS } from './historyOf.ts';
import { signalGivenBack } from './signalGivenBack.ts';

interface HandleDeps {
  models: Models;
  /** Has these deliveries worked off in the background; never throws. */
  startDeliveries: (ids: string[]) => void;
}

/**
 * Makes a function that turns changes in the database into events, their deliveries to endpoints, and
 * notifications. Idempotent; safe to call concurrently, in several workers too: each row's id is made of what
 * happened.
 */
export function createChangeHandler({ models, startDeliveries }: HandleDeps) {
  return async (changes: RowChange[]): Promise<void> => {
    for (const change of changes) {
      await summariseAfter(models, change);
      await giveBackAfter(models, change);
    }
    await insertNew(models.History, changes.flatMap(historyOf));
    const events = changes.flatMap(domainEvents);
    if (events.length === 0) return;
    const rows: EventRow[] = events;
    await insertNew(models.Event, rows);
    const deliveries = await newDeliveries(models, rows);
    if (deliveries.size > 0) startDeliveries([...deliveries]);
    await createNotifications(models, events);
  };
}

/** What a thread shows of its messages, when one was cancelled: whoever did it may have died just after. */
async function summariseAfter(
  models: Models,
  { ns, fullDocument, updateDescription }: RowChange,
): Promise<void> {
  if (ns.coll !== 'messages' || updateDescription?.updatedFields?.state !== 'cancelled') return;
  const { workspace_id, thread_kind, thread_id } = fullDocument ?? {};
  if (workspace_id && thread_kind && thread_id !== undefined)
    await summariseThreadOf(models, { workspace_id, thread_kind, thread_id });
}

/**
 * Gives back the replies that were stopped with a thread, when mail has taken it out of the trash. If it is
 * there again by now, they wait for the next time.
 */
async function giveBackAfter(
  models: Models,
  { ns, documentKey, fullDocument, updateDescription }: RowChange,
): Promise<void> {
  const kind = THREAD_KINDS[ns.coll];
  const workspace_id = fullDocument?.workspace_id;
  if (!kind || !workspace_id || !updateDescription?.removedFields?.includes('deleted_at')) return;
  const filter = { _id: documentKey._id, workspace_id, hidden: { $in: [null, 'spam' as const] } };
  const thread = await threadsOf(models, kind)
    .findOne(filter, { workspace_id: 1, audience: 1 })
    .lean<ThreadRow>();
  if (!thread) return;
  const givenBack = await models.connection.transaction((session) =>
    giveBackReplies(models, thread, session),
  );
  await signalGivenBack(models, givenBack);
}
