import { api, newKey, read } from './api.ts';
import { etags } from './etags.ts';
import { Problem } from './problem.ts';
import type { Thread, ThreadRef } from './rows.ts';
import { threadPath } from './threadPath.ts';

/** What can be changed of a thread by PATCH. */
export type Change = Partial<
  Pick<Thread, 'status' | 'agent_id' | 'priority' | 'tags' | 'spam' | 'subject' | 'snoozed_until'>
>;
export type Act = 'trash' | 'restore' | 'read' | 'unread';

/** What the server is asked for one thread. */
export interface Wanted {
  row: ThreadRef;
  body: { change: Change } | { act: Act };
  /** Of `read`: the newest message that was seen. */
  upTo?: string;
}
/** The row as the server has it now, as far as it says. */
export type Agreed = Partial<Thread> | undefined;

/** Of the API. */
const MOST_AT_ONCE = 100;

/**
 * Asks for all; what is wanted of several threads goes in one request.
 * @returns a result for each, in their order
 */
export async function request(
  workspace: string,
  all: readonly Wanted[],
): Promise<PromiseSettledResult<Agreed>[]> {
  const [first] = all;
  const isOne = JSON.stringify(first?.body);
  if (all.length < 2 || all.some(({ body }) => JSON.stringify(body) !== isOne))
    return Promise.allSettled(all.map((wanted) => requestOne(workspace, wanted)));
  const results: PromiseSettledResult<Agreed>[] = [];
  for (let at = 0; at < all.length; at += MOST_AT_ONCE)
    results.push(...(await requestMany(workspace, all.slice(at, at + MOST_AT_ONCE))));
  return results;
}

async function requestMany(
  workspace: string,
  all: readonly Wanted[],
): Promise<PromiseSettledResult<Agreed>[]> {
  const threads = all.map(({ row: { kind, id } }) => ({ kind, id }));
  const params = { path: { workspace_id: workspace }, header: { 'Idempotency-Key': newKey() } };
  const body = { threads, ...all[0]!.body };
  try {
    const { results } = await read(
      api.POST('/api/v1/workspaces/{workspace_id}/threads/bulk', { params, body }),
    );
    return results.map(({ row, problem, status }) =>
      problem === null
        ? { status: 'fulfilled', value: (row ?? undefined) as Agreed }
        : { status: 'rejected', reason: new Problem(status, problem.detail) },
    );
  } catch (reason) {
    return all.map(() => ({ status: 'rejected', reason }));
  }
}

async function requestOne(workspace: string, { row: { kind, id }, body, upTo }: Wanted): Promise<Agreed> {
  const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}');
  const params = { path: { workspace_id: workspace, id } };
  if ('change' in body) {
    const { data, response } = await api.PATCH(path, { params, body: body.change });
    etags.set(id, response.headers.get('ETag'));
    return data;
  }
  if (body.act === 'trash') {
    await api.DELETE(path, { params });
    return undefined;
  }
  if (body.act === 'read' && upTo !== undefined)
    return (await api.POST(`${path}/read`, { params, body: { up_to: upTo } })).data;
  return (await api.POST(`${path}/${body.act}`, { params })).data;
}
