import { queryOptions } from '@tanstack/react-query';
import { api, newKey, read } from './api.ts';
import { keys } from './keys.ts';
import { queryClient } from './query.ts';
import type { components } from './schema.gen.d.ts';

/** A text that is put into answers. */
export type Snippet = components['schemas']['Snippet'];
export type NewSnippet = Pick<Snippet, 'name' | 'shortcut' | 'text' | 'html' | 'changes' | 'shared'>;

/** My own snippets and those of everybody. */
export const snippetsQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.snippets(workspace),
    queryFn: async ({ signal }): Promise<Snippet[]> => {
      const params = { path: { workspace_id: workspace }, query: { limit: 100 } };
      return (await read(api.GET('/api/v1/workspaces/{workspace_id}/snippets', { signal, params }))).data;
    },
  });

/** @param id of the snippet that is changed; null: it is a new one. @throws Problem */
export async function saveSnippet(workspace: string, id: string | null, body: NewSnippet): Promise<void> {
  const path = { workspace_id: workspace };
  if (id === null) {
    const params = { path, header: { 'Idempotency-Key': newKey() } };
    await api.POST('/api/v1/workspaces/{workspace_id}/snippets', { params, body });
  } else {
    const params = { path: { ...path, id } };
    await api.PATCH('/api/v1/workspaces/{workspace_id}/snippets/{id}', { params, body });
  }
  await queryClient.invalidateQueries({ queryKey: keys.snippets(workspace) });
}

/** @throws Problem */
export async function deleteSnippet(workspace: string, id: string): Promise<void> {
  const params = { path: { workspace_id: workspace, id } };
  await api.DELETE('/api/v1/workspaces/{workspace_id}/snippets/{id}', { params });
  await queryClient.invalidateQueries({ queryKey: keys.snippets(workspace) });
}
