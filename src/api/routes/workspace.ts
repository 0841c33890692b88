import { z } from 'zod';
import type { Context } from 'koa';
import type { WorkspaceRow } from '../../models/index.ts';
import { UNDO_SECONDS } from '../../models/workspace.ts';
import { takeSlug } from '../../addresses/slug.ts';
import { ownersOnly, type Authenticate } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import { changeRow } from '../changeRow.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { UndoSeconds } from '../draft.ts';
import { etagOf } from '../etag.ts';
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
 * platform's domain: 422 where that is not free; the address with the old one goes on receiving;
 * 412 where it is no longer what `If-Match` says.
 */
export function workspaceRoutes(router: ApiRouter, user: Authenticate, { models, config }: RouteDeps): void {
  const find = (id: string) => models.Workspace.findById(id).lean<WorkspaceRow>();
  const answer = (ctx: Context, row: WorkspaceRow | null) => {
    if (!row) throw notFound();
    ctx.set('ETag', etag(row));
    ctx.body = { id: row._id, name: row.name, ...settingsOf(row) };
  };

  router.get('/', user, async (ctx) => {
    answer(ctx, await find(ctx.state.user.workspaceId));
  });

  router.patch('/', user, ownersOnly, jsonBody, async (ctx) => {
    const { workspaceId } = ctx.state.user;
    const wanted = readBody(ctx, WorkspaceBody);
    const row = await changeRow<WorkspaceRow>(ctx, {
      find: () => find(workspaceId),
      etag,
      decide: async (workspace) => {
        if (wanted.slug !== undefined) await takeSlug(models, workspace, wanted.slug, config.platformDomain);
        return wanted;
      },
      write: (read, set) =>
        models.Workspace.findOneAndUpdate(
          { _id: read._id, ...asRead(read) },
          { $set: set },
          { returnDocument: 'after' },
        ).lean<WorkspaceRow>(),
    });
    answer(ctx, row);
  });
}

/** Rows that are older than a setting have its default. */
const settingsOf = ({ slug = null, undo_seconds = UNDO_SECONDS }: Partial<WorkspaceRow>) => ({
  slug,
  undo_seconds,
});
/** Filter of a row that is as it was read. */
const asRead = (row: Partial<WorkspaceRow>) => ({
  slug: row.slug ?? null,
  undo_seconds: row.undo_seconds ?? null,
});
const etag = (row: WorkspaceRow) => etagOf('workspace', row._id, settingsOf(row));
