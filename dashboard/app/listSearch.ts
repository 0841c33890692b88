/** What a list is narrowed by, as it stands in the URL: a filtered list can be linked and opened again. */
export interface ListSearch {
  q?: string;
  sort?: string;
  status?: string;
  priority?: string;
  agent_id?: string;
  workspace_email_id?: string;
  tag?: string;
  unread?: string;
  /** The message at which the thread is opened. */
  message?: string;
}
const FIELDS = [
  'q',
  'sort',
  'status',
  'priority',
  'agent_id',
  'workspace_email_id',
  'tag',
  'unread',
  'message',
] as const;

export function filterOf(search: Record<string, unknown>): ListSearch {
  const filter: ListSearch = {};
  for (const field of FIELDS) {
    const value = search[field];
    if (
      (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') &&
      value !== ''
    )
      filter[field] = String(value);
  }
  return filter;
}
