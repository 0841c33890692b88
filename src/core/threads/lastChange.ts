import type { Act, Actor, HistoryValue, LastChange } from '../../infra/models/history.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';

/** The fields whose changes the history shows. */
const ACTIONS = {
  status: 'status',
  agent_id: 'agent',
  priority: 'priority',
  tags: 'tags',
  subject: 'subject',
  contact_id: 'contact',
  spam: 'spam',
  snoozed_until: 'snoozed',
} as const satisfies Partial<Record<keyof ThreadRow, Act['action']>>;

/** Who makes a request, for the history. */
export const actorFor = ({ userId, tokenId }: { userId: string; tokenId?: string }): Actor =>
  tokenId === undefined ? { kind: 'user', id: userId } : { kind: 'token', id: userId, token_id: tokenId };

/** What the history keeps of an act on a thread, to be written in the same update. */
export const newLastChange = (
  { changes }: Pick<ThreadRow, 'changes'>,
  actor: Actor,
  acts: Act[],
): LastChange => ({
  n: changes + 1,
  at: new Date(),
  actor,
  acts,
});

/** An update of a thread with what the history keeps of it. The update must raise `changes`. */
export function withLastChange(row: ThreadRow, update: object, actor: Actor): object {
  const { $set = {}, $unset = {} } = update as { $set?: Partial<ThreadRow>; $unset?: object };
  const acts = actsOf(row, $set);
  if ($set.deleted_at) acts.push({ action: 'trash', from: null, to: null });
  if ('deleted_at' in $unset) acts.push({ action: 'restore', from: null, to: null });
  if (acts.length === 0) return update;
  return { ...update, $set: { ...$set, last_change: newLastChange(row, actor, acts) } };
}

function actsOf(row: ThreadRow, set: Partial<ThreadRow>): Act[] {
  const fields = Object.keys(ACTIONS) as (keyof typeof ACTIONS)[];
  return (
    fields
      .filter((field) => field in set)
      .map((field) => ({ action: ACTIONS[field], from: valueOf(row[field]), to: valueOf(set[field]) }))
      // Closing ends a snooze, of a thread that is not snoozed too.
      .filter(({ from, to }) => JSON.stringify(from) !== JSON.stringify(to))
  );
}

const valueOf = (value: Date | HistoryValue | undefined): HistoryValue =>
  value instanceof Date ? value.toISOString() : (value ?? null);
