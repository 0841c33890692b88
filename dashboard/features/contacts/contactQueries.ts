import { queryOptions } from '@tanstack/react-query';
import { api, newKey, read } from '../../lib/api.ts';
import { keys } from '../../lib/keys.ts';
import { queryClient } from '../../lib/query.ts';
import type { Contact, Kind, Thread } from '../../lib/rows.ts';
import { threadPath } from '../../lib/threadPath.ts';

const MOST_EARLIER = 10;

export const contactQuery = (workspace: string, id: string) =>
  queryOptions({
    queryKey: keys.contact(workspace, id),
    queryFn: ({ signal }): Promise<Contact> =>
      read(
        api.GET('/api/v1/workspaces/{workspace_id}/contacts/{id}', {
          signal,
          params: { path: { workspace_id: workspace, id } },
        }),
      ),
  });

export type Earlier = Pick<Thread, 'id' | 'subject' | 'status' | 'last_message_at'> & { kind: Kind };

/** The other threads of a person, the newest first. */
export const earlierQuery = (workspace: string, contact: string) =>
  queryOptions({
    queryKey: [...keys.workspace(workspace), 'earlier', contact],
    queryFn: async ({ signal }): Promise<Earlier[]> => {
      const list = async (kind: Kind): Promise<Earlier[]> => {
        const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets');
        const query = { contact_id: contact, limit: MOST_EARLIER };
        const page = await read(
          api.GET(path, { signal, params: { path: { workspace_id: workspace }, query } }),
        );
        return page.data.map((row) => ({ ...row, kind }));
      };
      const rows = (await Promise.all([list('ticket'), list('conversation')])).flat();
      return rows.sort((a, b) => b.last_message_at.localeCompare(a.last_message_at)).slice(0, MOST_EARLIER);
    },
  });

export const contactsQuery = (workspace: string, q: string) =>
  queryOptions({
    queryKey: [...keys.workspace(workspace), 'contacts', q],
    queryFn: async ({ signal }): Promise<Contact[]> => {
      const query = { limit: MOST_EARLIER, ...(q !== '' && { q }) };
      const page = await read(
        api.GET('/api/v1/workspaces/{workspace_id}/contacts', {
          signal,
          params: { path: { workspace_id: workspace }, query },
        }),
      );
      return page.data;
    },
  });

/** Changes a contact: shown at once, taken back when it is refused. @throws Problem */
export async function changeContact(
  workspace: string,
  id: string,
  change: Partial<Pick<Contact, 'name' | 'notes'>>,
): Promise<void> {
  const queryKey = keys.contact(workspace, id);
  const before = queryClient.getQueryData<Contact>(queryKey);
  queryClient.setQueryData<Contact>(queryKey, (row) => row && { ...row, ...change });
  try {
    await api.PATCH('/api/v1/workspaces/{workspace_id}/contacts/{id}', {
      params: { path: { workspace_id: workspace, id } },
      body: change,
    });
  } catch (error) {
    queryClient.setQueryData(queryKey, before);
    throw error;
  }
}

/** @throws Problem */
export async function setBlocked(workspace: string, id: string, isBlocked: boolean): Promise<void> {
  const params = { path: { workspace_id: workspace, id }, header: { 'Idempotency-Key': newKey() } };
  const row = await read(
    isBlocked
      ? api.POST('/api/v1/workspaces/{workspace_id}/contacts/{id}/block', { params })
      : api.POST('/api/v1/workspaces/{workspace_id}/contacts/{id}/unblock', { params }),
  );
  queryClient.setQueryData(keys.contact(workspace, id), row);
}

/** @throws Problem */
export async function mergeContact(workspace: string, id: string, into: string): Promise<void> {
  await api.POST('/api/v1/workspaces/{workspace_id}/contacts/{id}/merge', {
    params: { path: { workspace_id: workspace, id }, header: { 'Idempotency-Key': newKey() } },
    body: { into },
  });
  await queryClient.invalidateQueries({ queryKey: keys.workspace(workspace) });
}
