import { queryOptions } from '@tanstack/react-query';
import { api, read } from '../../lib/api.ts';
import { keys } from '../../lib/keys.ts';
import type { WorkspaceEmail } from '../../lib/rows.ts';

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

/** Those that can send for me: shared ones, and my own. Pure. */
export const sendersFor = (emails: readonly WorkspaceEmail[], me: string): WorkspaceEmail[] =>
  emails.filter(({ can_send, user_id }) => can_send && (user_id === null || user_id === me));
