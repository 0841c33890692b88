import type Router from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import type { AttachmentRow, MessageRow, Models } from '../../infra/models/index.ts';
import { threadsOf } from '../../core/threads/threads.ts';
import type { Authenticate } from '../auth.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { sendObject } from '../download.ts';
import { operation } from '../operation.ts';
import { Attachment, presentAttachment } from '../../core/presenters/attachment.ts';
import { notFound, Problem } from '../problem.ts';
import { requestOf } from '../request.ts';
import { saveUpload } from '../saveUpload.ts';
import { OneThreadQuery } from '../threadQuery.ts';
import { withUpload } from '../upload.ts';
import { memberOf, seenBy, type ApiUser } from '../../core/presenters/visibility.ts';

const NOT_TWICE = 'must be given once';
const UploadParameters = z.strictObject({
  filename: z.string(NOT_TWICE).optional(),
  content_id: z.string(NOT_TWICE).optional(),
});

/** `attachments`: files, down and up. */
export function attachmentRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  router.post(
    '/attachments',
    user,
    operation(
      {
        summary: 'Upload a file',
        description:
          'Up to 25 MB: a form with the file in `file`, or the file itself with `?filename=`. It is its uploader’s alone until a message takes it. HTML shows it with `cid:` and its `content_id`.',
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
        isKeyed: true,
        refuses: {
          400: 'The body is not whole, or no form.',
          413: 'The file is over 25 MB.',
          415: 'The body is compressed.',
        },
      },
      async (ctx, { query }) => {
        // A key that is none is told before 25 MB have come.
        const request = requestOf(ctx, ctx.state.user);
        const row = await withUpload(ctx, deps.storage.spoolDir, query, (upload) =>
          saveUpload(ctx, request, upload, deps),
        );
        return presentAttachment(row, ctx.state.user, deps.links);
      },
    ),
  );

  router.get(
    '/attachments/:id',
    user,
    operation(
      {
        summary: 'Download a file',
        description: 'Of a thread in the trash only with `trash=true`, as the thread itself.',
        query: OneThreadQuery,
        streams: ['*/*'],
        refuses: {
          404: 'It was not stored: the sentence says why.',
          409: 'It is still being fetched: try again as `Retry-After` says.',
        },
      },
      async (ctx, { query: { trash } }) => {
        const row = await findAttachment(deps.models, ctx.params.id, ctx.state.user);
        if (trash !== 'true' && (await isInTrash(deps.models, row))) throw notFound();
        await sendAttachment(ctx, row, deps);
      },
    ),
  );
}

/**
 * `/files/{id}?…`: the same file by a signed URL, which message HTML uses for its images. 403 when the URL is changed or
 * over its time; 404 when its user may no longer see the file. A page that is open when its thread is put into the trash keeps its
 * images until then: messages of the trash are not read, so no new URLs are made.
 */
export function signedFileRoute(router: Router, deps: RouteDeps): void {
  router.get('/files/:id', async (ctx) => {
    const id = ctx.params.id ?? '';
    const signed = deps.links.openSigned(id, ctx.query);
    if (!signed)
      throw new Problem(403, 'This link was changed, or its time is over; read the message again.');
    const user = await memberOf(deps.models, signed.workspaceId, signed.userId);
    if (!user) throw notFound();
    await sendAttachment(ctx, await findAttachment(deps.models, id, user), deps);
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
