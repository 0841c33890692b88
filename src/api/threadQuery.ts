import { z } from 'zod';
import { PRIORITIES, THREAD_STATUSES } from '../infra/models/thread.ts';
import { normaliseTag } from '../core/threads/tags.ts';
import { allOf } from './allOf.ts';
import { ThreadListQuery } from './threadOrder.ts';
import { searched, ThreadSearch } from './threadSearch.ts';
import { audiencesOf, seenBy, type ApiUser } from '../core/presenters/visibility.ts';

const ONCE = 'must be given once';
/** Most values of one filter. */
const MAX_VALUES = 50;

/** Several values with commas between them: a row must have one of them. */
const listOf = <Value extends string = string>(values?: readonly Value[]) =>
  z
    .string(ONCE)
    .transform((text, check): Value[] => {
      const list = [...new Set(text.split(','))];
      const isWrong = list.some((value) =>
        values ? !(values as readonly string[]).includes(value) : !value,
      );
      if (!isWrong && list.length <= MAX_VALUES) return list as Value[];
      const what = values ? quoted(values) : 'values';
      check.addIssue(`must be ${what}, or at most ${MAX_VALUES} of them with commas between`);
      return z.NEVER;
    })
    .optional();
const quoted = (values: readonly string[]) => values.map((value) => `"${value}"`).join(', ');

const YesNo = z.enum(['true', 'false'], 'must be "true" or "false"').optional();
const YesNoAny = z.enum(['true', 'false', 'any'], 'must be "true", "false" or "any"').optional();
const Yes = z.literal('true', 'must be "true"').optional();
const Time = z.iso
  .datetime({ offset: true, error: 'must be a time, like 2026-11-23T10:00:00Z' })
  .transform((text) => new Date(text))
  .optional();

/** Filters of threads, as parameters and as conditions of saved views. Those that are given must all match. */
const ThreadFilters = z.strictObject({
  status: listOf(THREAD_STATUSES).meta({ description: 'One or several with commas: `open,pending`.' }),
  priority: listOf(PRIORITIES).meta({ description: 'One or several.' }),
  agent_id: listOf().meta({
    description: 'One or several. `none`: threads without an agent; `me`: those of the user who asks.',
  }),
  contact_id: z.string(ONCE).optional(),
  workspace_email_id: listOf().meta({ description: 'One or several.' }),
  tag: listOf().meta({ description: 'One or several: threads that have one of them.' }),
  inbox: Yes.meta({
    description: '`true`: what is open, and the user’s or nobody’s. The user’s personal mail is theirs.',
  }),
  unread: YesNo.meta({ description: 'For the user who asks.' }),
  waiting: Yes.meta({ description: '`true`: threads with mail that nobody has answered.' }),
  personal: YesNo.meta({ description: '`true`: the user’s personal conversations; `false`: all others.' }),
  team_id: listOf().meta({ description: 'One or several: what the mail of these teams has opened.' }),
  snoozed: YesNoAny.meta({ description: 'Defaults to `any`, and to `false` in the list of all threads.' }),
  spam: YesNoAny.meta({ description: 'Defaults to `false`, and to `any` with `trash=true`.' }),
  trash: YesNo.meta({ description: 'Defaults to `false`.' }),
  created_after: Time,
  created_before: Time,
  closed_after: Time,
  closed_before: Time,
  changed_since: Time.meta({ description: 'Threads that changed at this time or later.' }),
  q: ThreadSearch.optional(),
});
export type Filters = z.output<typeof ThreadFilters>;

const View = z
  .string(ONCE)
  .optional()
  .meta({
    description:
      'The id of a saved view: threads that match one of its groups, and all other parameters. Its groups decide ' +
      'about spam, the trash and snoozed threads where the parameters do not.',
  });

/** Parameters of the lists of tickets and conversations. */
export const ThreadQuery = z.strictObject({
  ...ThreadListQuery.shape,
  view: View,
  ...ThreadFilters.shape,
});

const KINDS = ['ticket', 'conversation'] as const;
const Kinds = listOf(KINDS)
  .transform((kinds) => kinds ?? [...KINDS])
  .meta({ description: 'Defaults to both.' });

/** Parameters of the list of all threads. */
export const AnyThreadQuery = z.strictObject({ ...ThreadQuery.shape, kind: Kinds });

/** A group of conditions of a saved view: the filters of the list of all threads. */
export const ViewGroup = z.strictObject({
  ...ThreadFilters.shape,
  kind: Kinds,
  snoozed: YesNoAny.default('false'),
});
export type ViewGroup = z.output<typeof ViewGroup>;

/** With `?trash=true` a thread in the trash can be read. */
export const OneThreadQuery = z.strictObject({ trash: ThreadFilters.shape.trash });

/**
 * Filter of the threads that the user may see and that match. By default without spam and the trash.
 * @param group of a saved view: it must match too
 */
export function filterOf(user: ApiUser, query: Filters, group?: Filters): Record<string, unknown> {
  const audiences = audiencesFor(user, query);
  const both = group ? audiencesFor(user, group).filter((each) => audiences.includes(each)) : audiences;
  const snoozed = query.snoozed ?? group?.snoozed;
  return allOf(
    { ...seenBy(user), audience: oneOf(both) },
    hiddenAs({ spam: query.spam ?? group?.spam, trash: query.trash ?? group?.trash }),
    snoozed === 'true' && { snoozed_until: { $gt: new Date(0) } },
    snoozed === 'false' && { snoozed_until: null },
    conditionsOf(user, query),
    group && conditionsOf(user, group),
  );
}

/** All but what decides whether lists leave a thread out. */
function conditionsOf(user: ApiUser, query: Filters): Record<string, unknown> {
  const { status, priority, contact_id, workspace_email_id, tag, changed_since, q } = query;
  return allOf(
    query.inbox && { status: 'open', agent_id: { $in: [user.userId, null] } },
    status && { status: oneOf(status) },
    priority && { priority: oneOf(priority) },
    query.agent_id && { agent_id: oneOf(query.agent_id.map((agent) => agentIn(agent, user))) },
    contact_id !== undefined && { contact_id },
    workspace_email_id && { workspace_email_id: oneOf(workspace_email_id) },
    tag && { tags: oneOf(tag.map(normaliseTag)) },
    query.unread && { read_by: query.unread === 'true' ? { $ne: user.userId } : user.userId },
    query.waiting && { waiting_since: { $gt: new Date(0) } },
    between('created_at', query.created_after, query.created_before),
    between('closed_at', query.closed_after, query.closed_before),
    changed_since && { updated_at: { $gte: changed_since } },
    q && searched(q, user),
  );
}

const oneOf = <Value>(values: Value[]) => (values.length === 1 ? values[0] : { $in: values });

function agentIn(agent: string, { userId }: ApiUser): string | null {
  if (agent === 'none') return null;
  return agent === 'me' ? userId : agent;
}

function audiencesFor(user: ApiUser, { personal, team_id }: Filters): string[] {
  const own = `owner:${user.userId}`;
  const audiences = audiencesOf(user).filter(
    (audience) => !team_id || team_id.some((team) => audience === `team:${team}`),
  );
  if (personal === undefined) return audiences;
  return audiences.filter((audience) => (audience === own) === (personal === 'true'));
}

function between(field: string, after: Date | undefined, before: Date | undefined): object | null {
  if (!after && !before) return null;
  return { [field]: { ...(after && { $gte: after }), ...(before && { $lt: before }) } };
}

function hiddenAs({ spam, trash }: Pick<Filters, 'spam' | 'trash'>): object {
  if (trash === 'true') return { hidden: 'trash', ...(spam && spam !== 'any' && { spam: spam === 'true' }) };
  if (spam === 'any') return { hidden: { $in: [null, 'spam'] } };
  return { hidden: spam === 'true' ? 'spam' : null };
}
