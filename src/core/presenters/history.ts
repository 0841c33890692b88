import { z } from 'zod';
import { ACTOR_KINDS, HISTORY_ACTIONS } from '../../infra/models/history.ts';
import type { ContactRow, HistoryRow, Models, UserRow } from '../../infra/models/index.ts';
import { Time } from './schemas.ts';

const Value = z.union([z.string(), z.array(z.string()), z.boolean()]).nullable();

export const History = z
  .object({
    id: z.string(),
    at: Time,
    actor: z.object({
      kind: z.enum(ACTOR_KINDS).meta({ description: '`system`: Postroom itself.' }),
      id: z.string().nullable(),
      name: z.string(),
    }),
    action: z.enum(HISTORY_ACTIONS),
    from: Value.meta({ description: 'What it was. Of `merged` and `moved` the id of the other thread.' }),
    to: Value,
  })
  .meta({ id: 'History' });

/** Lines of a history, with the names of those who did it. */
export async function showHistory(models: Models, rows: HistoryRow[], workspace_id: string) {
  const idsOf = (kind: HistoryRow['actor']['kind']) =>
    rows.flatMap(({ actor }) => (actor.kind === kind && actor.id !== null ? [actor.id] : []));
  const [users, contacts] = await Promise.all([
    models.User.find({ _id: { $in: idsOf('user') } }, { name: 1 }).lean<UserRow[]>(),
    models.Contact.find({ _id: { $in: idsOf('contact') }, workspace_id }, { name: 1, email: 1 }).lean<
      ContactRow[]
    >(),
  ]);
  const names = new Map([
    ...users.map(({ _id, name }) => [_id, name] as const),
    ...contacts.map(({ _id, name, email }) => [_id, name || email] as const),
  ]);
  return rows.map(({ _id, created_at, actor, action, from, to }): z.input<typeof History> => ({
    id: _id,
    at: created_at,
    actor: { kind: actor.kind, id: actor.id, name: names.get(actor.id ?? '') ?? '' },
    action,
    from,
    to,
  }));
}
