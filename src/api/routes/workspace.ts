import type { Context } from 'koa';
import { z } from 'zod';
import type { WorkspaceRow } from '../../infra/models/index.ts';
import { UNDO_SECONDS } from '../../infra/models/workspace.ts';
import { takeSlug } from '../../core/addresses/slug.ts';
import { ownersOnly, type Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import { changeRow } from '../changeRow.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { UndoSeconds } from '../draft.ts';
import { etagOf } from '../etag.ts';
import { operation } from '../operation.ts';
import { notFound } from '../problem.ts';

const WorkspaceBody = z.strictObject({
  undo_seconds: UndoSeconds.optional(),
  slug: z
    .string('must be text')
    .transform((text) => text.trim().toLowerCase())
    .optional(),
});
const Workspace = z
  .object({
    id: z.string(),
    name: z.string(),
    slug: z
      .string()
      .nullable()
      .meta({ description: 'Local part of its address on the platform’s domain; null: it has none yet.' }),
    undo_seconds: z
      .int()
      .meta({ description: 'How long a reply waits before it goes out, and can be taken back.' }),
  })
  .meta({ id: 'Workspace' });

/** The workspace itself. */
export function workspaceRoutes(router: ApiRouter, user: Authenticate, { models, config }: RouteDeps): void {
  const find = (id: string) => models.Workspace.findById(id).lean<WorkspaceRow>();
  const show = (ctx: Context, row: WorkspaceRow | null): z.input<typeof Workspace> => {
    if (!row) throw notFound();
    ctx.set('ETag', etag(row));
    return { id: row._id, name: row.name, ...settingsOf(row) };
  };

  router.get(
    '/',
    user,
    operation({ summary: 'Read the workspace', answer: Workspace, etag: true }, async (ctx) =>
      show(ctx, await find(ctx.state.user.workspaceId)),
    ),
  );

  router.patch(
    '/',
    user,
    ownersOnly,
    jsonBody,
    operation(
      {
        summary: 'Change the workspace',
        description: 'After a change of its slug the address with the old one goes on receiving.',
        body: WorkspaceBody,
        answer: Workspace,
        etag: true,
        refuses: { 422: 'Such as a slug that is not free.' },
      },
      async (ctx, { body }) => {
        const row = await changeRow<WorkspaceRow>(ctx, {
          find: () => find(ctx.state.user.workspaceId),
          etag,
          decide: async (workspace) => {
            if (body.slug !== undefined) await takeSlug(models, workspace, body.slug, config.platformDomain);
            return body;
          },
          write: (read, set) =>
            models.Workspace.findOneAndUpdate(
              { _id: read._id, ...asRead(read) },
              { $set: set },
              { returnDocument: 'after' },
            ).lean<WorkspaceRow>(),
        });
        return show(ctx, row);
      },
    ),
  );
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
