import { z } from 'zod';
import { ACTOR_KINDS, HISTORY_ACTIONS } from '../../infra/models/history.ts';
import type { ContactRow, HistoryRow, Models, TokenRow, UserRow } from '../../infra/models/index.ts';
import { Time } from './schemas.ts';

const Value = z.union([z.string(), z.array(z.string()), z.boolean()]).nullable();

export const History = z
  .object({
    id: z.string(),
    at: Time,
    actor: z.object({
      kind: z.enum(ACTOR_KINDS).meta({
        description: '`token`: a user, with an API token. `system`: Postroom itself.',
      }),
      id: z.string().nullable().meta({ description: 'Of the user or contact; of a token its user.' }),
      name: z.string().meta({ description: 'Of a token its own name, where it has one.' }),
    }),
    action: z.enum(HISTORY_ACTIONS),
    from: Value.meta({ description: 'What it was. Of `merged` and `moved` the id of the other thread.' }),
    to: Value.meta({ description: 'Of `note_edited` and `note_deleted` the id of the note.' }),
  })
  .meta({ id: 'History' });

/** Lines of a history, with the names of those who did it. */
export async function showHistory(models: Models, rows: HistoryRow[], workspace_id: string) {
  const idsOf = (kind: HistoryRow['actor']['kind']) =>
    rows.flatMap(({ actor }) => (actor.kind === kind && actor.id !== null ? [actor.id] : []));
  const tokenIds = rows.flatMap(({ actor }) => actor.token_id ?? []);
  const [users, tokens, contacts] = await Promise.all([
    models.User.find({ _id: { $in: [...idsOf('user'), ...idsOf('token')] } }, { name: 1 }).lean<UserRow[]>(),
    tokenIds.length === 0
      ? []
      : models.Token.find({ _id: { $in: tokenIds }, workspace_id }, { name: 1 }).lean<TokenRow[]>(),
    models.Contact.find({ _id: { $in: idsOf('contact') }, workspace_id }, { name: 1, email: 1 }).lean<
      ContactRow[]
    >(),
  ]);
  const names = new Map([
    ...[...users, ...tokens].map(({ _id, name }) => [_id, name] as const),
    ...contacts.map(({ _id, name, email }) => [_id, name || email] as const),
  ]);
  const nameOf = ({ id, token_id }: HistoryRow['actor']) =>
    names.get(token_id ?? '') || names.get(id ?? '') || '';
  return rows.map(({ _id, created_at, actor, action, from, to }): z.input<typeof History> => ({
    id: _id,
    at: created_at,
    actor: { kind: actor.kind, id: actor.id, name: nameOf(actor) },
    action,
    from,
    to,
  }));
}
