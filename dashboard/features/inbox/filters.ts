import { viewOf, type ThreadFilter } from '../../lib/views.ts';

/** By what a list is narrowed in its bar; the names are those of `GET threads`. */
export const NARROWING = ['status', 'priority', 'agent_id', 'workspace_email_id', 'tag', 'unread'] as const;
export type Narrowing = Partial<Record<(typeof NARROWING)[number] | 'sort', string>>;

export const SORTS = ['-last_message_at', '-created_at', 'created_at', 'waiting_since', '-priority'] as const;

/** The query of a view: one of the sidebar, `tag:<tag>` or `view:<id>`. Pure. */
export function filterOfView(view: string, savedSort?: string): { filter: ThreadFilter; sort: string } {
  const [kind, ...rest] = view.split(':');
  const id = rest.join(':');
  const sort = savedSort ?? viewOf(view)?.sort ?? SORTS[0];
  if (kind === 'view') return { filter: { view: id }, sort };
  if (kind === 'tag') return { filter: { tag: id }, sort };
  return { filter: viewOf(view)?.filter ?? {}, sort };
}

/** A view's query with what narrows it; of the same field, the narrowing counts. Pure. */
export function combined(filter: ThreadFilter, narrowing: Narrowing): ThreadFilter {
  const query = { ...filter };
  for (const field of NARROWING) if (narrowing[field]) query[field] = narrowing[field];
  return query;
}

export const narrowed = (narrowing: Narrowing): boolean =>
  NARROWING.some((field) => Boolean(narrowing[field]));
