import { queryOptions } from '@tanstack/react-query';
import { api, read } from './api.ts';
import { flat, type Counts } from './countTable.ts';
import { keys } from './keys.ts';
import { listsFirst } from './listsFirst.ts';

export const countsQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.counts(workspace),
    queryFn: async ({ signal }): Promise<Counts> => {
      await listsFirst(workspace);
      const params = { path: { workspace_id: workspace } };
      return flat(await read(api.GET('/api/v1/workspaces/{workspace_id}/counts', { signal, params })));
    },
  });
