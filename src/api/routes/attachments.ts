import type Router from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { Attachment, presentAttachment } from '../../core/presenters/attachment.ts';
import { memberOf, seenBy, type ApiUser } from '../../core/presenters/visibility.ts';
import { threadsOf } from '../../core/threads/threads.ts';
import type { AttachmentRow, MessageRow, Models } from '../../infra/models/index.ts';
import type { RouteDeps } from '../deps.ts';
import { sendObject } from '../download.ts';
import { notFound, Problem } from '../problem.ts';
import { requestOf } from '../request.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { saveUpload } from '../saveUpload.ts';
import { OneThreadQuery } from '../threadQuery.ts';
import { withUpload } from '../upload.ts';

const SINGLE = 'must be given once';
const UploadParameters = z.strictObject({
  filename: z.string(SINGLE).optional(),
  content_id: z.string(SINGLE).optional(),
});

/** `attachments`: uploading and downloading files. */
export function attachmentRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  const { models, storage, links } = deps;

  route(
    {
      method: 'POST',
      path: '/attachments',
      role: 'member',
      scope: 'write',
      summary: 'Upload a file',
      description:
        'Up to 25 MB: a form with the file in `file`, or the file as the body with `?filename=`. Only ' +
        'its uploader sees it until it is attached to a message. HTML shows it with `cid:` and its ' +
        '`content_id`.',
      query: UploadParameters,
      uploads: {
        'multipart/form-data': z.object({
          file: z.string().meta({ override: { format: 'binary' } }),
          content_id: z.string().optional(),
        }),
        '*/*': z.string().meta({ override: { format: 'binary' } }),
      },
      status: 201,
      answer: Attachment,
      idempotency: 'id from key',
      refuses: {
        400: 'The body is incomplete, or is not a form.',
        413: 'The file is larger than 25 MB.',
        415: 'The body is compressed.',
      },
    },
    async (ctx, { query }) => {
      // Checks the key before 25 MB are received.
      const request = requestOf(ctx, ctx.state.user);
      const row = await withUpload(ctx, storage.spoolDir, query, (upload) =>
        saveUpload(ctx, request, upload, deps),
      );
      return presentAttachment(row, ctx.state.user, links);
    },
  );

  route(
    {
      method: 'GET',
      path: '/attachments/:id',
      role: 'member',
      scope: 'read',
      summary: 'Download a file',
      description: 'A file of a thread in the trash only with `trash=true`, like the thread itself.',
      query: OneThreadQuery,
      streams: ['*/*'],
      refuses: {
        404: 'Or the file was not stored: `detail` says why.',
        409: 'The file is still being fetched: try again after the time in `Retry-After`.',
      },
      find: (ctx) => findAttachment(models, ctx.params.id, ctx.state.user),
    },
    async (ctx, { row, query: { trash } }) => {
      if (trash !== 'true' && (await isInTrash(models, row))) throw notFound();
      await sendAttachment(ctx, row, deps);
    },
  );
}

/**
 * `/files/{id}?…`: the same file by a signed URL, which the HTML of messages uses for images. 403: the URL
 * was changed or has expired. 404: its user may no longer see the file. When a thread is put into the trash,
 * pages that are open keep their images until the URLs expire; new URLs are not made, since messages in the
 * trash are not read.
 */
export function signedFileRoute(router: Router, deps: RouteDeps): void {
  router.get('/files/:id', async (ctx) => {
    const id = ctx.params.id ?? '';
    const signed = deps.links.openSigned(id, ctx.query);
    if (!signed)
      throw new Problem(
        403,
        'This link was changed or has expired. Read the message again to get a new one.',
      );
    const user = await memberOf(deps.models, signed.workspaceId, signed.userId);
    if (!user) throw notFound();
    await sendAttachment(ctx, await findAttachment(deps.models, id, user), deps);
    // The bytes at this URL never change.
    ctx.set('Cache-Control', `private, max-age=${signed.secondsLeft}, immutable`);
  });
}

/** @throws Problem 404 */
async function findAttachment(models: Models, id: string | undefined, user: ApiUser): Promise<AttachmentRow> {
  const row = await models.Attachment.findOne({ ...seenBy(user), _id: id }).lean<AttachmentRow>();
  if (!row) throw notFound();
  return row;
}

async function isInTrash(models: Models, { message_id, workspace_id }: AttachmentRow): Promise<boolean> {
  const message = await models.Message.findOne(
    { _id: message_id, workspace_id },
    { thread_kind: 1, thread_id: 1 },
  ).lean<Pick<MessageRow, 'thread_kind' | 'thread_id'>>();
  if (!message) return false;
  const thread = { _id: message.thread_id, workspace_id, hidden: 'trash' as const };
  return (await threadsOf(models, message.thread_kind).exists(thread)) !== null;
}

async function sendAttachment(
  ctx: Context,
  row: AttachmentRow,
  { storage }: Pick<RouteDeps, 'storage'>,
): Promise<void> {
  if (row.state === 'pending')
    throw new Problem(409, 'This file is still being fetched. Try again.', {
      headers: { 'Retry-After': '2' },
    });
  if (row.state !== 'stored' || row.key === null)
    throw new Problem(404, `This file was not stored: ${row.reason ?? row.state.replace('_', ' ')}.`);
  await sendObject(ctx, storage, row.key, { filename: row.filename, contentType: row.content_type });
}
