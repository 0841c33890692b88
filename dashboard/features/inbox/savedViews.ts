import { queryOptions } from '@tanstack/react-query';
import { keys } from '../../lib/keys.ts';
import { listOf } from './untyped.ts';

/** A list that somebody saved, for themselves or for all. */
export interface SavedView {
  id: string;
  name: string;
  shared: boolean;
  sort: string;
}

export const savedViewsQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.views(workspace),
    queryFn: ({ signal }) => listOf<SavedView>(workspace, 'views', {}, signal),
  });
