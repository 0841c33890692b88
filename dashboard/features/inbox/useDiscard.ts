import { useState } from 'react';
import { api, read } from '../../lib/api.ts';
import { tellOtherTabs, tellThisTab } from '../../lib/draftNews.ts';
import { keys } from '../../lib/keys.ts';
import { Problem, sentence } from '../../lib/problem.ts';
import { queryClient } from '../../lib/query.ts';
import { rereadCounts } from '../../lib/reread.ts';
import type { components } from '../../lib/schema.gen.d.ts';
import { showToast } from '../../lib/toasts.ts';
import { words } from '../../words/index.ts';

/** As long as the toast is there. */
const UNDO_MS = 8_000;

type Draft = components['schemas']['Draft'];

/** Discards drafts: gone at once, deleted when it can no longer be undone. */
export function useDiscard(workspace: string) {
  const [discarded, setDiscarded] = useState<ReadonlySet<string>>(new Set());
  const discard = (draft: Draft) => {
    const { id, thread_id: thread } = draft;
    setDiscarded((before) => new Set(before).add(id));
    tellThisTab({ workspace, id, isGone: true });
    const timer = setTimeout(() => void remove(workspace, draft), UNDO_MS);
    const undo = () => {
      clearTimeout(timer);
      setDiscarded((before) => new Set([...before].filter((other) => other !== id)));
      tellThisTab({ workspace, thread });
    };
    showToast(words.list.drafts.discarded, { undo: { name: words.undo, act: undo } });
  };
  return { isDiscarded: (id: string) => discarded.has(id), discard };
}

async function remove(workspace: string, { id, thread_id: thread, updated_at }: Draft): Promise<void> {
  const params = { path: { workspace_id: workspace, id } };
  const path = '/api/v1/workspaces/{workspace_id}/drafts/{id}';
  try {
    const now = await read(api.GET(path, { params }));
    // It was opened again meanwhile, and written on: it stays.
    if (now.updated_at === updated_at) await api.DELETE(path, { params });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status !== 404) showToast(sentence(error), { tone: 'bad' });
  }
  tellThisTab({ workspace, thread });
  tellOtherTabs({ workspace, thread });
  rereadCounts(workspace);
  await queryClient.invalidateQueries({ queryKey: keys.drafts(workspace) });
}
