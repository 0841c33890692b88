import { api, read } from './api.ts';
import type { Thread } from './rows.ts';

interface Page {
  data: Thread[];
  next_cursor: string | null;
}

/** A page of threads of both kinds. @param query as of `GET threads` */
export async function threadsPage(
  workspace: string,
  query: Record<string, string | number>,
  signal: AbortSignal,
): Promise<Page> {
  const params = { path: { workspace_id: workspace }, query };
  const { data, next_cursor } = await read(
    api.GET('/api/v1/workspaces/{workspace_id}/threads', { signal, params }),
  );
  return { data: data.map((row) => ({ number: null, ...row })), next_cursor };
}
