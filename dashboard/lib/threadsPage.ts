import { api, read } from './api.ts';
import type { Thread } from './rows.ts';

export interface ThreadsPage {
  data: Thread[];
  next_cursor: string | null;
}
/** How many rows a list asks for first: what is seen at once, and some more. */
export const LIST_PAGE = 50;
/** And then, when somebody scrolls on. */
export const NEXT_PAGE = 100;

/** A page of threads of both kinds. @param query as of `GET threads` */
export async function threadsPage(
  workspace: string,
  query: Record<string, string | number>,
  signal: AbortSignal,
): Promise<ThreadsPage> {
  const params = { path: { workspace_id: workspace }, query };
  const { data, next_cursor } = await read(
    api.GET('/api/v1/workspaces/{workspace_id}/threads', { signal, params }),
  );
  return { data: data.map((row) => ({ number: null, ...row })), next_cursor };
}
