import { queryOptions } from '@tanstack/react-query';
import { api, newKey, read } from '../../lib/api.ts';
import { keys } from '../../lib/keys.ts';
import type { components } from '../../lib/schema.gen.d.ts';

/** What the person was told, in words. */
export type Notice = components['schemas']['Notification'];

const SHOWN = 30;

export const noticesQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.notifications(workspace),
    queryFn: async ({ signal }): Promise<Notice[]> => {
      const params = { path: { workspace_id: workspace }, query: { limit: SHOWN } };
      return (await read(api.GET('/api/v1/workspaces/{workspace_id}/notifications', { signal, params })))
        .data;
    },
  });

export async function markRead(workspace: string, what: { ids: string[] } | { all: true }): Promise<void> {
  const params = { path: { workspace_id: workspace }, header: { 'Idempotency-Key': newKey() } };
  await api.POST('/api/v1/workspaces/{workspace_id}/notifications/read', { params, body: what });
}
