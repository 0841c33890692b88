import { showToast } from './toasts.ts';
import { words } from '../words/index.ts';
import { api } from './api.ts';
import { etags } from './etags.ts';
import { keys } from './keys.ts';
import { sentence } from './problem.ts';
import { queryClient } from './query.ts';
import type { Thread, ThreadRef } from './rows.ts';
import { patchThread, rereadThreads, stopReading } from './threadCache.ts';
import { threadPath } from './threadPath.ts';

/** What can be changed of a thread by PATCH. */
export type Change = Partial<
  Pick<Thread, 'status' | 'agent_id' | 'priority' | 'tags' | 'spam' | 'subject' | 'snoozed_until'>
>;
export type Act = 'trash' | 'restore' | 'read' | 'unread';

let underWay = 0;
const idle = new EventTarget();
/** Resolves when no change waits for its answer: until then what is read may be from before it. */
export const settled = (): Promise<void> =>
  underWay === 0
    ? Promise.resolve()
    : new Promise((resolve) => idle.addEventListener('idle', () => resolve(), { once: true }));

/**
 * Changes threads: shown at once, agreed with the server after, taken back with a sentence when the server refuses.
 * @param said for the toast that undoes it; null: none is shown
 */
export function changeThreads(
  workspace: string,
  threads: readonly Thread[],
  change: Change | ((row: Thread) => Change),
  said: string | null,
): void {
  const all = threads.map((row): One => {
    const wanted = typeof change === 'function' ? change(row) : change;
    const fields = Object.keys(wanted) as (keyof Change)[];
    return { row, change: wanted, back: Object.fromEntries(fields.map((field) => [field, row[field]])) };
  });
  const undo = () =>
    send(
      workspace,
      all.map((one) => ({ ...one, change: one.back, back: one.change })),
    );
  if (said !== null) showToast(said, { undo: { name: words.undo, act: undo } });
  send(workspace, all);
}

interface One {
  row: Thread;
  change: Change;
  /** What undoes it. */
  back: Change;
}

function send(workspace: string, all: One[]): void {
  void together(
    workspace,
    all.map(({ row, change, back }) => ({
      row,
      shown: change,
      back,
      request: async () => {
        const path = threadPath(row.kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}');
        const params = { path: { workspace_id: workspace, id: row.id } };
        const { data, response } = await api.PATCH(path, { params, body: change as never });
        etags.set(row.id, response.headers.get('ETag'));
        return data;
      },
    })),
  );
}

/** Moves threads to the trash and back, or marks them as read or not. */
export function actOnThreads(
  workspace: string,
  threads: readonly Thread[],
  act: Act,
  said: string | null,
): void {
  if (said !== null) {
    const undo = () => actOnThreads(workspace, threads, OPPOSITE[act], null);
    showToast(said, { undo: { name: words.undo, act: undo } });
  }
  void together(
    workspace,
    threads.map((row) => ({
      row,
      shown: SHOWN[act](),
      back: { deleted_at: row.deleted_at, unread: row.unread },
      request: () => requestOf(workspace, row, act),
    })),
  );
}

const OPPOSITE: Record<Act, Act> = { trash: 'restore', restore: 'trash', read: 'unread', unread: 'read' };
const SHOWN: Record<Act, () => Partial<Thread>> = {
  trash: () => ({ deleted_at: new Date().toISOString() }),
  restore: () => ({ deleted_at: null }),
  read: () => ({ unread: false }),
  unread: () => ({ unread: true }),
};

async function requestOf(
  workspace: string,
  { kind, id }: ThreadRef,
  act: Act,
): Promise<Partial<Thread> | undefined> {
  const params = { params: { path: { workspace_id: workspace, id } } };
  const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}');
  if (act === 'trash') await api.DELETE(path, params);
  else {
    const { data } = await (api.POST(`${path}/${act}` as never, params as never) as Promise<{
      data?: Partial<Thread>;
    }>);
    return data;
  }
  return undefined;
}

interface Step {
  row: Thread;
  shown: Partial<Thread>;
  back: Partial<Thread>;
  request: () => Promise<Partial<Thread> | undefined>;
}

/** Shows all steps, then sends them; what is refused is shown as it was. */
async function together(workspace: string, steps: readonly Step[]): Promise<void> {
  underWay += 1;
  await stopReading(workspace);
  for (const { row, shown } of steps) patchThread(workspace, row, shown);
  const results = await Promise.allSettled(steps.map(({ request }) => request()));
  let refusal: unknown = null;
  for (const [index, result] of results.entries()) {
    const { row, back } = steps[index]!;
    if (result.status === 'fulfilled') patchThread(workspace, row, { ...result.value, kind: row.kind });
    else {
      refusal = result.reason;
      patchThread(workspace, row, back);
    }
    void queryClient.invalidateQueries({ queryKey: keys.history(workspace, row.kind, row.id) });
  }
  if (refusal !== null) showToast(sentence(refusal), { tone: 'bad' });
  underWay -= 1;
  if (underWay === 0) idle.dispatchEvent(new Event('idle'));
  await rereadThreads(workspace);
}
