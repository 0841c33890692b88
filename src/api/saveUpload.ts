import type { RouterContext } from '@koa/router';
import { collectionOf, type AttachmentRow } from '../infra/models/index.ts';
import type { Request } from '../core/replies/saveMessage.ts';
import { EXPIRED, uploaderOnly } from '../core/replies/uploads.ts';
import { hashOf, newId } from '../lib/ids.ts';
import type { ApiState } from './auth.ts';
import type { RouteDeps } from './deps.ts';
import { fromStorage } from './download.ts';
import { Problem } from './problem.ts';
import { uncounted } from './unavailable.ts';
import type { Upload } from './upload.ts';

/**
 * Keeps an upload. An Idempotency-Key names its row, which says what was uploaded with it: the same file again is the same
 * attachment, whatever has become of it, and its bytes are not kept a second time.
 * @throws Problem 409 when the key was used for another file
 */
export async function saveUpload(
  ctx: RouterContext<ApiState>,
  { id, isKeyed, hash }: Request,
  upload: Upload,
  { models, storage, config }: RouteDeps,
): Promise<AttachmentRow> {
  const { workspaceId, userId } = ctx.state.user;
  const { filename, contentType, contentId, bytes } = upload;
  const requestHash = isKeyed
    ? hashOf('upload', hash, filename, contentType, contentId, bytes.sha256())
    : undefined;
  const find = () => models.Attachment.findOne({ _id: id, workspace_id: workspaceId }).lean<AttachmentRow>();
  const there = isKeyed ? await find() : null;
  if (there) return again(ctx, there, requestHash);

  // Of this try alone: another one with the key may be writing a file of its own. It stays there when a message takes it.
  const key = `attachments/${workspaceId}/uploads/${newId()}`;
  const row: AttachmentRow = {
    _id: id,
    workspace_id: workspaceId,
    audience: uploaderOnly(userId),
    message_id: '',
    position: 0,
    filename,
    content_type: contentType,
    size: bytes.size,
    inline: false,
    content_id: contentId ?? `${id}@${config.platformDomain}`,
    state: 'stored',
    reason: null,
    key,
    created_at: new Date(),
    ...(requestHash !== undefined && { request_hash: requestHash }),
  };
  await uncounted(ctx, () => fromStorage(bytes.place(storage, key)));
  try {
    await collectionOf(models.Attachment).insertOne(row);
    return row;
  } catch (error) {
    // Where nobody knows whether the row is there, bytes without a row are the lesser harm.
    const first = await find();
    if (first?.key === key) return first;
    await storage.delete(key).catch(() => undefined);
    if (!first) throw error;
    return again(ctx, first, requestHash);
  }
}

function again(
  ctx: RouterContext<ApiState>,
  row: AttachmentRow,
  requestHash: string | undefined,
): AttachmentRow {
  if (row.request_hash !== requestHash)
    throw new Problem(409, 'This Idempotency-Key was used for another upload.');
  if (row.message_id === EXPIRED)
    throw new Problem(
      409,
      'No message took this file within a day, and it is being deleted; upload it again.',
      {
        headers: { 'Retry-After': '1' },
      },
    );
  ctx.set('Idempotency-Replayed', 'true');
  return row;
}
