import { api, read } from '../../lib/api.ts';
import { Problem } from '../../lib/problem.ts';

/** A list of the API that older servers do not have: to be typed by OpenAPI when they all have it. */
export async function listOf<Row>(
  workspace: string,
  name: string,
  query: object,
  signal: AbortSignal,
): Promise<Row[]> {
  const path = `/api/v1/workspaces/{workspace_id}/${name}` as never;
  const params = { path: { workspace_id: workspace }, query };
  try {
    const answer = api.GET(path, { signal, params } as never) as Promise<{ data?: { data: Row[] } }>;
    return (await read(answer)).data;
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return [];
    throw error;
  }
}
