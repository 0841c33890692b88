import type { Thread } from './rows.ts';

/** Whether a thread belongs into a list, as far as its own fields say: a change is shown before the server has agreed. Pure. */
type Fields = Pick<
  Thread,
  'kind' | 'status' | 'agent_id' | 'spam' | 'deleted_at' | 'snoozed_until' | 'tags' | 'priority' | 'owner_id'
>;

/** @param filter the query of `GET threads`; words, views and times are left to the server */
export function fits(
  thread: Fields,
  filter: Readonly<Record<string, string | undefined>>,
  me: string,
): boolean {
  return TESTS.every((test) => test(thread, filter, me));
}

type Test = (thread: Fields, filter: Readonly<Record<string, string | undefined>>, me: string) => boolean;
const listed = (wanted: string | undefined, value: string): boolean =>
  wanted === undefined || wanted.split(',').includes(value);
const flag = (wanted: string | undefined, value: boolean, otherwise: 'true' | 'false' | 'any'): boolean =>
  (wanted ?? otherwise) === 'any' || (wanted ?? otherwise) === String(value);

const TESTS: Test[] = [
  ({ status }, filter) => listed(filter.status, status),
  ({ kind }, filter) => listed(filter.kind, kind),
  ({ priority }, filter) => listed(filter.priority, priority),
  ({ agent_id }, filter, me) =>
    listed(filter.agent_id, agent_id ?? 'none') || (agent_id === me && listed(filter.agent_id, 'me')),
  ({ tags }, filter) => filter.tag === undefined || filter.tag.split(',').some((tag) => tags.includes(tag)),
  ({ deleted_at }, filter) => flag(filter.trash, deleted_at !== null, 'false'),
  ({ spam }, filter) => flag(filter.spam, spam, filter.trash === 'true' ? 'any' : 'false'),
  ({ snoozed_until, deleted_at, spam }, filter) =>
    deleted_at !== null || spam || flag(filter.snoozed, snoozed_until !== null, 'false'),
  ({ status, agent_id, owner_id }, filter, me) =>
    filter.inbox !== 'true' ||
    (status === 'open' && (agent_id === null || agent_id === me || owner_id === me)),
];
