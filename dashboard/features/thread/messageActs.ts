import { showToast } from '../../lib/toasts.ts';
import { api, newKey, read } from '../../lib/api.ts';
import { ask } from '../../lib/intents.ts';
import { keys } from '../../lib/keys.ts';
import { sentence } from '../../lib/problem.ts';
import { queryClient } from '../../lib/query.ts';
import { rereadThreads } from '../../lib/reread.ts';
import type { ThreadRef } from '../../lib/rows.ts';
import { threadPath } from '../../lib/threadPath.ts';
import { words } from '../../words/index.ts';

const ONE = '/api/v1/workspaces/{workspace_id}/tickets/{id}/messages/{message_id}';
const at = (workspace: string, { id }: ThreadRef, message: string) => ({
  path: { workspace_id: workspace, id, message_id: message },
});
const keyed = () => ({ header: { 'Idempotency-Key': newKey() } });

export const retryMessage = (workspace: string, thread: ThreadRef, message: string) =>
  attempt(workspace, thread, async () => {
    const path = threadPath(thread.kind, `${ONE}/retry`);
    await api.POST(path, { params: { ...at(workspace, thread, message), ...keyed() } });
    showToast(words.thread.delivery.retried);
  });

/** Takes an answer back before it goes out; its text is a draft again, which the composer opens. */
export const takeBack = (workspace: string, thread: ThreadRef, message: string) =>
  attempt(workspace, thread, async () => {
    const taken = await read(
      api.DELETE(threadPath(thread.kind, ONE), { params: at(workspace, thread, message) }),
    );
    ask('takenBack', { thread, draft: (taken as { draft?: unknown } | undefined)?.draft ?? null });
    showToast(words.thread.delivery.cancelled_);
  });

export const editNote = (workspace: string, thread: ThreadRef, message: string, text: string) =>
  attempt(workspace, thread, () =>
    api.PATCH(threadPath(thread.kind, ONE), { params: at(workspace, thread, message), body: { text } }),
  );

export const deleteNote = (workspace: string, thread: ThreadRef, message: string) =>
  attempt(workspace, thread, async () => {
    await api.DELETE(threadPath(thread.kind, ONE), { params: at(workspace, thread, message) });
    showToast(words.thread.deleted);
  });

/** Splits a message off into a ticket of its own. @returns the ticket's id */
export const splitMessage = (workspace: string, thread: ThreadRef, message: string) =>
  attempt(workspace, thread, async () => {
    const ticket = await read(
      api.POST('/api/v1/workspaces/{workspace_id}/tickets/{id}/messages/{message_id}/move', {
        params: { ...at(workspace, thread, message), ...keyed() },
      }),
    );
    return ticket.id;
  });

/** Moves a message into another ticket. */
export const moveInto = (workspace: string, thread: ThreadRef, message: string, into: string) =>
  attempt(workspace, thread, async () => {
    await api.POST('/api/v1/workspaces/{workspace_id}/tickets/{id}/messages/{message_id}/move-into', {
      params: { ...at(workspace, thread, message), ...keyed() },
      body: { into },
    });
    return into;
  });

/** Does something and reads the thread again; what was refused is said. @returns null: it was refused */
async function attempt<T>(
  workspace: string,
  { kind, id }: ThreadRef,
  act: () => Promise<T>,
): Promise<T | null> {
  try {
    return await act();
  } catch (error) {
    showToast(sentence(error), { tone: 'bad' });
    return null;
  } finally {
    for (const queryKey of [keys.messages(workspace, kind, id), keys.thread(workspace, kind, id)])
      void queryClient.invalidateQueries({ queryKey });
    void rereadThreads(workspace, [{ kind, id }]);
  }
}
