import type Router from '@koa/router';
import type { Context } from 'koa';
import type { AttachmentRow } from '../../models/index.ts';
import type { Authenticate } from '../auth.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { sendObject } from '../download.ts';
import { notFound, Problem } from '../problem.ts';
import { memberOf, seenBy, type ApiUser } from '../visibility.ts';

/** `attachments/{id}`: the file. 409 with Retry-After while it is being fetched; 404 with the reason when it was not stored. */
export function attachmentRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  router.get('/attachments/:id', user, (ctx) => sendAttachment(ctx, ctx.params.id, ctx.state.user, deps));
}

/**
 * `/files/{id}?…`: the same file by a signed URL, which message HTML uses for its images. 403 when the URL is changed or
 * over its time; 404 when its user may no longer see the file.
 */
export function signedFileRoute(router: Router, deps: RouteDeps): void {
  router.get('/files/:id', async (ctx) => {
    const id = ctx.params.id ?? '';
    const signed = deps.links.openSigned(id, ctx.query);
    if (!signed)
      throw new Problem(403, 'This link was changed, or its time is over; read the message again.');
    const user = await memberOf(deps.models, signed.workspaceId, signed.userId);
    if (!user) throw notFound();
    await sendAttachment(ctx, id, user, deps);
  });
}

async function sendAttachment(
  ctx: Context,
  id: string | undefined,
  user: ApiUser,
  { models, storage }: RouteDeps,
): Promise<void> {
  const row = await models.Attachment.findOne({ ...seenBy(user), _id: id }).lean<AttachmentRow>();
  if (!row) throw notFound();
  if (row.state === 'pending') {
    throw new Problem(409, 'This file is still being fetched; try again.', {
      headers: { 'Retry-After': '2' },
    });
  }
  if (row.state !== 'stored' || row.key === null) {
    throw new Problem(404, `This file was not stored: ${row.reason ?? row.state.replace('_', ' ')}.`);
  }
  await sendObject(ctx, storage, row.key, { filename: row.filename, contentType: row.content_type });
}
