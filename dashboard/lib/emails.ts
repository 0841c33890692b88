import { queryOptions } from '@tanstack/react-query';
import { api, read } from './api.ts';
import { keys } from './keys.ts';
import type { WorkspaceEmail } from './rows.ts';

/** Our addresses. */
export const emailsQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.emails(workspace),
    staleTime: 10 * 60_000,
    queryFn: async ({ signal }): Promise<WorkspaceEmail[]> => {
      const params = { path: { workspace_id: workspace }, query: { limit: 100 } };
      const page = await read(api.GET('/api/v1/workspaces/{workspace_id}/emails', { signal, params }));
      return page.data;
    },
  });

/** The address to which customers write: the oldest for tickets that also sends, since others are only forwarded to. */
export function frontDoor(emails: readonly WorkspaceEmail[]): string | undefined {
  const able = emails.filter(({ purpose, can_receive }) => purpose === 'ticket' && can_receive);
  const oldest = able.sort((a, b) => a.created_at.localeCompare(b.created_at));
  return (oldest.find(({ can_send }) => can_send) ?? oldest[0])?.address;
}
