import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { api, read } from '../../lib/api.ts';
import { keys } from '../../lib/keys.ts';
import type { Address } from '../../lib/rows.ts';
import { useLate } from '../../lib/useLate.ts';
import { without } from './addresses.ts';

const MOST = 6;
const REST_MS = 120;

/** Contacts that fit what is being typed. */
export function useSuggested(workspace: string, typed: string, chosen: readonly Address[]): Address[] {
  const q = useLate(typed.trim(), REST_MS);
  const { data = [] } = useQuery({
    queryKey: [...keys.workspace(workspace), 'suggested', q],
    enabled: q !== '',
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const page = await read(
        api.GET('/api/v1/workspaces/{workspace_id}/contacts', {
          signal,
          params: { path: { workspace_id: workspace }, query: { q, limit: MOST } },
        }),
      );
      return page.data.map(({ email, name }): Address => ({ email, name }));
    },
  });
  return typed.trim() === '' ? [] : without(data, chosen);
}
