import { useState } from 'react';
import { api } from '../../lib/api.ts';
import { tellOtherTabs, tellThisTab } from '../../lib/draftNews.ts';
import { keys } from '../../lib/keys.ts';
import { Problem, sentence } from '../../lib/problem.ts';
import { queryClient } from '../../lib/query.ts';
import { rereadCounts } from '../../lib/reread.ts';
import { showToast } from '../../lib/toasts.ts';
import { words } from '../../words/index.ts';

/** As long as the toast is there. */
const UNDO_MS = 8_000;

/** Discards drafts: gone from the list at once, deleted when it can no longer be undone. */
export function useDiscard(workspace: string) {
  const [discarded, setDiscarded] = useState<ReadonlySet<string>>(new Set());
  const discard = (id: string, thread: string | null) => {
    setDiscarded((before) => new Set(before).add(id));
    const timer = setTimeout(() => void remove(workspace, id, thread), UNDO_MS);
    const undo = () => {
      clearTimeout(timer);
      setDiscarded((before) => new Set([...before].filter((other) => other !== id)));
    };
    showToast(words.list.drafts.discarded, { undo: { name: words.undo, act: undo } });
  };
  return { isDiscarded: (id: string) => discarded.has(id), discard };
}

async function remove(workspace: string, id: string, thread: string | null): Promise<void> {
  try {
    const params = { path: { workspace_id: workspace, id } };
    await api.DELETE('/api/v1/workspaces/{workspace_id}/drafts/{id}', { params });
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    if (error.status !== 404) showToast(sentence(error), { tone: 'bad' });
  }
  tellThisTab({ workspace, thread });
  tellOtherTabs({ workspace, thread });
  rereadCounts(workspace);
  await queryClient.invalidateQueries({ queryKey: keys.drafts(workspace) });
}
