import { queryOptions } from '@tanstack/react-query';
import { api, newKey, read } from '../../lib/api.ts';
import { keys } from '../../lib/keys.ts';
import type { components } from '../../lib/schema.gen.d.ts';
import { words } from '../../words/index.ts';

/** What the person was told. Servers say it in words (`title`, `text`); older ones only by the type. */
export type Notice = components['schemas']['Notification'] & { title?: string; text?: string };

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

export const titleOf = ({ title, type }: Notice): string =>
  title ?? new Map(Object.entries(words.notices.types)).get(type) ?? type;

export const textOf = ({ text }: Notice): string => text ?? '';
