import { queryOptions } from '@tanstack/react-query';
import { api, read } from '../../lib/api.ts';
import { keys } from '../../lib/keys.ts';
import type { components } from '../../lib/schema.gen.d.ts';

/** A list that somebody saved, for themselves or for all. */
export type SavedView = components['schemas']['SavedView'];

export const savedViewsQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.views(workspace),
    queryFn: async ({ signal }) => {
      const params = { path: { workspace_id: workspace }, query: { limit: 100 } };
      return (await read(api.GET('/api/v1/workspaces/{workspace_id}/views', { signal, params }))).data;
    },
  });
