import { z } from 'zod';
import type { WorkspaceRow } from '../../models/index.ts';
import { changeSlug } from '../../addresses/slug.ts';
import { ownersOnly, type Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { UndoSeconds } from '../draft.ts';
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
  // No lean rows here: one that is older than a field has its default.
  const show = (row: WorkspaceRow | null): z.input<typeof Workspace> => {
    if (!row) throw notFound();
    return { id: row._id, name: row.name, slug: row.slug ?? null, undo_seconds: row.undo_seconds };
  };

  router.get(
    '/',
    user,
    operation({ summary: 'Read the workspace', answer: Workspace }, async (ctx) =>
      show(await models.Workspace.findById(ctx.state.user.workspaceId)),
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
        refuses: { 422: 'Such as a slug that is not free.' },
      },
      async (ctx, { body: { slug, ...change } }) => {
        const { workspaceId } = ctx.state.user;
        if (slug !== undefined) {
          const workspace = await models.Workspace.findById(workspaceId).orFail().lean();
          await changeSlug(models, workspace, slug, config.platformDomain);
        }
        const row = await models.Workspace.findOneAndUpdate(
          { _id: workspaceId },
          { $set: change },
          { returnDocument: 'after' },
        );
        return show(row);
      },
    ),
  );
}
