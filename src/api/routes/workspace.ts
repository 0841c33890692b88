import { z } from 'zod';
import type { Context } from 'koa';
import type { WorkspaceRow } from '../../models/index.ts';
import type { Authenticate } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { UndoSeconds } from '../draft.ts';
import { notFound, Problem } from '../problem.ts';

const WorkspaceBody = z.strictObject({ undo_seconds: UndoSeconds.optional() });

/** The workspace itself. `PATCH` is for its owners: 403 for other members. */
export function workspaceRoutes(router: ApiRouter, user: Authenticate, { models }: RouteDeps): void {
  // No lean rows here: one that is older than a field has its default.
  const answer = (ctx: Context, row: WorkspaceRow | null) => {
    if (!row) throw notFound();
    ctx.body = { id: row._id, name: row.name, undo_seconds: row.undo_seconds };
  };

  router.get('/', user, async (ctx) => {
    answer(ctx, await models.Workspace.findById(ctx.state.user.workspaceId));
  });

  router.patch('/', user, jsonBody, async (ctx) => {
    const { workspaceId, role } = ctx.state.user;
    if (role !== 'owner') throw new Problem(403, 'Only owners of the workspace can change it.');
    const change = readBody(ctx, WorkspaceBody);
    const row = await models.Workspace.findOneAndUpdate(
      { _id: workspaceId },
      { $set: change },
      { returnDocument: 'after' },
    );
    answer(ctx, row);
  });
}
