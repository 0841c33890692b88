import { showToast } from '../../lib/toasts.ts';
import { api, newKey, read } from '../../lib/api.ts';
import { ask } from '../../lib/intents.ts';
import { sentence } from '../../lib/problem.ts';
import type { Thread, ThreadRef } from '../../lib/rows.ts';
import { rereadThreads } from '../../lib/reread.ts';
import { dropThread, patchThread } from '../../lib/threadCache.ts';
import { threadPath } from '../../lib/threadPath.ts';
import { words } from '../../words/index.ts';

const keyed = (workspace: string, id: string) => ({
  path: { workspace_id: workspace, id },
  header: { 'Idempotency-Key': newKey() },
});

/** Follows a thread, or stops it: shown at once. */
export async function follow(workspace: string, thread: Thread): Promise<void> {
  const { kind, id, followed } = thread;
  const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}/follow');
  patchThread(workspace, thread, { followed: !followed });
  try {
    if (followed) await api.DELETE(path, { params: { path: { workspace_id: workspace, id } } });
    else await api.POST(path, { params: keyed(workspace, id) });
  } catch (error) {
    patchThread(workspace, thread, { followed });
    showToast(sentence(error), { tone: 'bad' });
  }
}

/** Makes a conversation a ticket, which every member sees, and shows it. */
export async function makeTicket(workspace: string, { id }: ThreadRef): Promise<void> {
  try {
    const ticket = await read(
      api.POST('/api/v1/workspaces/{workspace_id}/conversations/{id}/move-to-ticket', {
        params: keyed(workspace, id),
      }),
    );
    showToast(words.thread.menu.moved);
    dropThread(workspace, id);
    ask('open', { kind: 'ticket', id: ticket.id });
    await rereadThreads(workspace);
  } catch (error) {
    showToast(sentence(error), { tone: 'bad' });
  }
}

/** Merges a thread into another of its kind, and shows that one. */
export async function mergeInto(workspace: string, { kind, id }: ThreadRef, into: string): Promise<boolean> {
  try {
    await api.POST(threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}/merge'), {
      params: keyed(workspace, id),
      body: { into },
    });
    showToast(words.thread.done.merged);
    dropThread(workspace, id);
    ask('open', { kind, id: into });
    await rereadThreads(workspace, [{ kind, id: into }]);
    return true;
  } catch (error) {
    showToast(sentence(error), { tone: 'bad' });
    return false;
  }
}
