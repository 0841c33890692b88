import type { WorkspaceEmailRow } from '../../models/index.ts';
import type { Authenticate } from '../auth.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { ListQuery, readPage } from '../paging.ts';
import { presentWorkspaceEmail } from '../presenters/workspaceEmail.ts';
import { notFound } from '../problem.ts';
import { readQuery } from '../query.ts';

/** `emails`, `emails/{id}`: the workspace's addresses. Every member sees that an address exists, not what comes to it. */
export function workspaceEmailRoutes(router: ApiRouter, user: Authenticate, { models }: RouteDeps): void {
  router.get('/emails', user, async (ctx) => {
    const query = readQuery(ctx.query, ListQuery);
    const here = { workspace_id: ctx.state.user.workspaceId, deleted_at: null };
    const page = await readPage<WorkspaceEmailRow>(models.WorkspaceEmail, here, query, {
      order: 'newest first',
    });
    ctx.body = { data: page.rows.map(presentWorkspaceEmail), next_cursor: page.next_cursor };
  });

  router.get('/emails/:id', user, async (ctx) => {
    const here = { workspace_id: ctx.state.user.workspaceId, deleted_at: null };
    const row = await models.WorkspaceEmail.findOne({
      ...here,
      _id: ctx.params.id,
    }).lean<WorkspaceEmailRow>();
    if (!row) throw notFound();
    ctx.body = presentWorkspaceEmail(row);
  });
}
