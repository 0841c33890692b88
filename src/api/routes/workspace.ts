import { z } from 'zod';
import type { Context } from 'koa';
import type { WorkspaceRow } from '../../models/index.ts';
import { changeSlug } from '../../addresses/slug.ts';
import { ownersOnly, type Authenticate } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { UndoSeconds } from '../draft.ts';
import { notFound } from '../problem.ts';

const WorkspaceBody = z.strictObject({
  undo_seconds: UndoSeconds.optional(),
  slug: z
    .string('must be text')
    .transform((text) => text.trim().toLowerCase())
    .optional(),
});

/**
 * The workspace itself. `PATCH` is for its owners: 403 for other members. Its slug is the local part of its address on the
 * platform's domain: 422 where that is not free; the address with the old one goes on receiving.
 */
export function workspaceRoutes(router: ApiRouter, user: Authenticate, { models, config }: RouteDeps): void {
  // No lean rows here: one that is older than a field has its default.
  const answer = (ctx: Context, row: WorkspaceRow | null) => {
    if (!row) throw notFound();
    ctx.body = { id: row._id, name: row.name, slug: row.slug ?? null, undo_seconds: row.undo_seconds };
  };

  router.get('/', user, async (ctx) => {
    answer(ctx, await models.Workspace.findById(ctx.state.user.workspaceId));
  });

  router.patch('/', user, ownersOnly, jsonBody, async (ctx) => {
    const { workspaceId } = ctx.state.user;
    const { slug, ...change } = readBody(ctx, WorkspaceBody);
    if (slug !== undefined) {
      const workspace = await models.Workspace.findById(workspaceId).orFail().lean();
      await changeSlug(models, workspace, slug, config.platformDomain);
    }
    const row = await models.Workspace.findOneAndUpdate(
      { _id: workspaceId },
      { $set: change },
      { returnDocument: 'after' },
    );
    answer(ctx, row);
  });
}
