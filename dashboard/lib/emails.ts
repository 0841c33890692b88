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
