import { History, showHistory } from '../../core/presenters/history.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { seenBy } from '../../core/presenters/visibility.ts';
import type { HistoryRow, MessageRow } from '../../infra/models/index.ts';
import type { RouteDeps } from '../deps.ts';
import { threadFinder } from '../findThread.ts';
import { ListQuery, readPage } from '../paging.ts';
import type { AddWorkspaceRoute } from '../route.ts';

/** What was done to a ticket or conversation, and by whom. */
export function historyRoutes(
  route: AddWorkspaceRoute,
  { models }: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  route(
    {
      method: 'GET',
      path: `/${kind}s/:id/history`,
      role: 'member',
      scope: 'read',
      summary: `Read the history of a ${kind}`,
      description: 'Oldest first. A change is in it within a second.',
      query: ListQuery,
      answer: pageOf(History),
      find: threadFinder(models, kind),
    },
    async (ctx, { row, query }) => {
      const { user } = ctx.state;
      const filter = { ...seenBy(user), thread_id: row._id };
      const page = await readPage<HistoryRow>(models.History, filter, query, { order: 'oldest first' });
      const data = await showHistory(models, page.rows, user.workspaceId);
      return { data, next_cursor: page.next_cursor };
    },
  );
}
