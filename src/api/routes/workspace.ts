import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { takeSlug } from '../../core/addresses/slug.ts';
import type { WorkspaceRow } from '../../infra/models/index.ts';
import { UNDO_SECONDS } from '../../infra/models/workspace.ts';
import type { ApiState } from '../auth.ts';
import { changeRow } from '../changeRow.ts';
import type { RouteDeps } from '../deps.ts';
import { UndoSeconds } from '../draft.ts';
import { etagOf } from '../etag.ts';
import { notFound } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';

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
    slug: z.string().nullable().meta({
      description: 'Local part of its address on the domain of the platform; null: it has none yet.',
    }),
    undo_seconds: z
      .int()
      .meta({ description: 'How long a reply waits before it is sent. Until then it can be taken back.' }),
  })
  .meta({ id: 'Workspace' });

/** The workspace itself. */
export function workspaceRoutes(route: AddWorkspaceRoute, { models, config }: RouteDeps): void {
  const find = async ({ state }: RouterContext<ApiState>): Promise<WorkspaceRow> => {
    const row = await models.Workspace.findById(state.user.workspaceId).lean<WorkspaceRow>();
    if (!row) throw notFound();
    return row;
  };
  const show = async (
    ctx: RouterContext<ApiState>,
    row: WorkspaceRow,
  ): Promise<z.input<typeof Workspace>> => {
    ctx.set('ETag', etag(row));
    return { id: row._id, name: row.name, ...settingsOf(row) };
  };

  route(
    {
      method: 'GET',
      path: '/',
      role: 'member',
      scope: 'read',
      summary: 'Read the workspace',
      answer: Workspace,
      etag: true,
      find,
    },
    (ctx, { row }) => show(ctx, row),
  );

  route(
    {
      method: 'PATCH',
      path: '/',
      role: 'owner',
      scope: 'admin',
      summary: 'Change the workspace',
      description: 'After a change of the slug, the address with the old slug still receives mail.',
      body: WorkspaceBody,
      answer: Workspace,
      etag: true,
      refuses: { 422: 'For example, the slug is taken.' },
      find,
    },
    async (ctx, { row, body }) => {
      const changed = await changeRow<WorkspaceRow>(ctx, {
        row,
        reread: () => find(ctx),
        etag,
        decide: async (read) => {
          if (body.slug !== undefined) await takeSlug(models, read, body.slug, config.platformDomain);
          return body;
        },
        write: (read, set) =>
          models.Workspace.findOneAndUpdate(
            { _id: read._id, ...asRead(read) },
            { $set: set },
            { returnDocument: 'after' },
          ).lean<WorkspaceRow>(),
      });
      return show(ctx, changed);
    },
  );
}

/** Missing settings have their defaults. */
const settingsOf = ({ slug = null, undo_seconds = UNDO_SECONDS }: Partial<WorkspaceRow>) => ({
  slug,
  undo_seconds,
});
/** Filter of a row that is as it was read. */
const asRead = (row: Partial<WorkspaceRow>) => ({
  slug: row.slug,
  undo_seconds: row.undo_seconds ?? null,
});
const etag = (row: WorkspaceRow) => etagOf('workspace', row._id, settingsOf(row));
