import { api, newKey, read } from '../../lib/api.ts';
import { queryClient } from '../../lib/query.ts';
import { rereadCounts } from '../../lib/reread.ts';
import { sentence } from '../../lib/problem.ts';
import { showToast } from '../../lib/toasts.ts';
import { words } from '../../words/index.ts';
import { savedViewsQuery, type SavedView } from './savedViews.ts';

export type NewView = Pick<SavedView, 'name' | 'shared' | 'sort'> & {
  query: { any: Record<string, string>[] };
};

/** @throws Problem */
export async function createView(workspace: string, body: NewView): Promise<SavedView> {
  const params = { path: { workspace_id: workspace }, header: { 'Idempotency-Key': newKey() } };
  const view = await read(api.POST('/api/v1/workspaces/{workspace_id}/views', { params, body }));
  show(workspace, (views) => [...views, view]);
  showToast(words.views.saved(view.name));
  return view;
}

/** @throws Problem */
export async function changeView(workspace: string, id: string, body: Partial<NewView>): Promise<void> {
  const params = { path: { workspace_id: workspace, id } };
  const view = await read(api.PATCH('/api/v1/workspaces/{workspace_id}/views/{id}', { params, body }));
  show(workspace, (views) => views.map((each) => (each.id === id ? view : each)));
  showToast(words.views.changed);
}

/** Deletes a view; the toast makes it again. @returns whether it is gone */
export async function deleteView(workspace: string, view: SavedView): Promise<boolean> {
  const { id, name, shared, sort } = view;
  try {
    const params = { path: { workspace_id: workspace, id } };
    await api.DELETE('/api/v1/workspaces/{workspace_id}/views/{id}', { params });
  } catch (error) {
    showToast(sentence(error), { tone: 'bad' });
    return false;
  }
  show(workspace, (views) => views.filter((each) => each.id !== id));
  const query = { any: view.query.any as Record<string, string>[] };
  const again = () =>
    createView(workspace, { name, shared, sort, query }).catch(
      (error: unknown) => void showToast(sentence(error), { tone: 'bad' }),
    );
  showToast(words.views.removed(name), { undo: { name: words.undo, act: () => void again() } });
  return true;
}

function show(workspace: string, change: (views: SavedView[]) => SavedView[]): void {
  const { queryKey } = savedViewsQuery(workspace);
  queryClient.setQueryData(queryKey, (views) => views && change(views));
  void queryClient.invalidateQueries({ queryKey });
  rereadCounts(workspace);
}
