import { api, newKey, read } from '../../lib/api.ts';
import { Problem, sentence } from '../../lib/problem.ts';
import type { Message, ThreadRef } from '../../lib/rows.ts';
import { keep, recall } from '../../lib/storage.ts';
import { threadPath } from '../../lib/threadPath.ts';
import { words } from '../../words/index.ts';
import { placeKey, type DraftRow, type Place } from './draftApi.ts';

export type Outcome =
  | { sent: Message; opened: ThreadRef | null }
  | { conflict: Message[] }
  /** An earlier try with another text had arrived. */
  | { already: true }
  | { refused: string };

const TRIES = 6;
const MOST_WAIT_MS = 10_000;

/**
 * Sends once, whatever the connection does: every try has the same key, which is kept until the outcome is known, also over a
 * reload of the page.
 * @param onRetry the connection was lost, and it is tried again
 */
export async function sendOnce(
  workspace: string,
  place: Place,
  body: Record<string, unknown>,
  onRetry: () => void,
): Promise<Outcome> {
  const kept = `sending.${placeKey(workspace, place)}`;
  const earlier = recall<string | null>(kept, null);
  const key = earlier ?? newKey();
  keep(kept, key);
  for (let attempt = 1; ; attempt += 1)
    try {
      const outcome = await post(workspace, place, body, key);
      keep(kept, null);
      return outcome;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      // Still being processed, or away: the same once more.
      const isUnknown = error.passes || (error.status === 409 && error.retryAfterMs !== null);
      if (isUnknown && attempt < TRIES) {
        onRetry();
        await pause(Math.min(error.retryAfterMs ?? 500 * 2 ** attempt, MOST_WAIT_MS));
        continue;
      }
      // The key stays only while nobody knows whether it has arrived.
      if (!isUnknown) keep(kept, null);
      if (error.status === 412) return { conflict: (error.body.messages ?? []) as Message[] };
      if (error.status === 409 && earlier !== null) return { already: true };
      return { refused: sentence(error) };
    }
}

async function post(
  workspace: string,
  { thread }: Place,
  body: Record<string, unknown>,
  key: string,
): Promise<Outcome> {
  const header = { 'Idempotency-Key': key };
  if (thread !== null) {
    const path = threadPath(thread.kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}/messages');
    const params = { path: { workspace_id: workspace, id: thread.id }, header };
    const sent = await read(api.POST(path, { params, body: body as never }));
    return { sent: sent, opened: null };
  }
  const { new_kind: kind, ...rest } = body as { new_kind: 'ticket' | 'conversation' };
  const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets');
  const params = { path: { workspace_id: workspace }, header };
  const row = (await read(api.POST(path, { params, body: rest as never }))) as {
    id: string;
    message: unknown;
  };
  return { sent: row.message as Message, opened: { kind, id: row.id } };
}

/** Takes a message back before it goes out. @returns its draft; a sentence when it is too late */
export async function undoSend(
  workspace: string,
  { kind, id }: ThreadRef,
  message: string,
): Promise<{ draft: DraftRow | null } | { refused: string }> {
  const path = threadPath(kind, '/api/v1/workspaces/{workspace_id}/tickets/{id}/messages/{message_id}');
  try {
    const params = { path: { workspace_id: workspace, id, message_id: message } };
    const row = (await read(api.DELETE(path, { params }))) as { draft?: DraftRow | null };
    return { draft: row.draft ?? null };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { refused: error.status === 409 ? words.composer.tooLate : sentence(error) };
  }
}

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    addEventListener(
      'online',
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
