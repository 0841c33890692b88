import { words } from '../words/index.ts';
import { request, type Act, type Change, type Wanted } from './changeRequests.ts';
import { keys } from './keys.ts';
import { sentence } from './problem.ts';
import { queryClient } from './query.ts';
import type { Thread } from './rows.ts';
import { rereadCounts, rereadThreads, stopReading } from './reread.ts';
import { patchThread } from './threadCache.ts';
import { showToast } from './toasts.ts';

export type { Change } from './changeRequests.ts';

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
  const steps = threads.map((row): Step => {
    const shown = typeof change === 'function' ? change(row) : change;
    const fields = Object.keys(shown) as (keyof Change)[];
    const back: Change = Object.fromEntries(fields.map((field) => [field, row[field]]));
    return { row, shown, back, body: { change: shown } };
  });
  const undone = steps.map(({ row, shown, back }) => ({
    row,
    shown: back,
    back: shown,
    body: { change: back },
  }));
  offer(said, () => void together(workspace, undone));
  void together(workspace, steps);
}

/**
 * Moves threads to the trash and back, or marks them as read or not.
 * @param upTo of `read`: the newest message that was seen; mail that has come since stays unread
 */
export function actOnThreads(
  workspace: string,
  threads: readonly Thread[],
  act: Act,
  said: string | null,
  upTo?: string,
): void {
  offer(said, () => actOnThreads(workspace, threads, OPPOSITE[act], null));
  const steps = threads.map((row) => ({
    row,
    shown: SHOWN[act](),
    back: { deleted_at: row.deleted_at, unread: row.unread },
    body: { act },
    ...(upTo !== undefined && { upTo }),
  }));
  void together(workspace, steps);
}

function offer(said: string | null, undo: () => void): void {
  if (said !== null) showToast(said, { undo: { name: words.undo, act: undo } });
}

const OPPOSITE: Record<Act, Act> = { trash: 'restore', restore: 'trash', read: 'unread', unread: 'read' };
const SHOWN: Record<Act, () => Partial<Thread>> = {
  trash: () => ({ deleted_at: new Date().toISOString() }),
  restore: () => ({ deleted_at: null }),
  read: () => ({ unread: false }),
  unread: () => ({ unread: true }),
};

const MARKS: ReadonlySet<Act> = new Set<Act>(['read', 'unread']);

interface Step extends Wanted {
  row: Thread;
  shown: Partial<Thread>;
  /** What is shown again when the server refuses. */
  back: Partial<Thread>;
}

/** Shows all steps, then sends them; what is refused is shown as it was. */
async function together(workspace: string, steps: readonly Step[]): Promise<void> {
  const isMark = steps.every(({ body }) => 'act' in body && MARKS.has(body.act));
  underWay += 1;
  // Stopping puts the rows back to what they were before the reading, so it comes first; nothing is waited for until the
  // change is shown.
  const stopped = stopReading(workspace);
  for (const { row, shown } of steps) patchThread(workspace, row, shown);
  const wasReading = await stopped;
  const results = await request(workspace, steps);
  let refusal: unknown = null;
  for (const [index, result] of results.entries()) {
    const { row, back } = steps[index]!;
    if (result.status === 'fulfilled') patchThread(workspace, row, { ...result.value, kind: row.kind });
    else {
      refusal = result.reason;
      patchThread(workspace, row, back);
    }
    if (!isMark) void queryClient.invalidateQueries({ queryKey: keys.history(workspace, row.kind, row.id) });
  }
  if (refusal !== null) showToast(sentence(refusal), { tone: 'bad' });
  underWay -= 1;
  if (underWay === 0) idle.dispatchEvent(new Event('idle'));
  // Reading moves no row, and takes none out of a list in which it is read.
  if (isMark && !wasReading) return rereadCounts(workspace);
  await rereadThreads(
    workspace,
    steps.map(({ row }) => row),
  );
}
