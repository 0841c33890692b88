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
 * Stores an upload. With an Idempotency-Key the id of its row is made of the key: uploading the same file
 * again answers with the same attachment, in any state, and does not store the bytes again.
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
  const findRow = () =>
    models.Attachment.findOne({ _id: id, workspace_id: workspaceId }).lean<AttachmentRow>();
  const existing = isKeyed ? await findRow() : null;
  if (existing) return repeated(ctx, existing, requestHash);

  // A new key for every try: a concurrent try with the same Idempotency-Key writes a file of its own.
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
    // The insert may have been carried out although it failed here. If this read fails too, the bytes stay:
    // bytes without a row do less harm than a row without bytes.
    const stored = await findRow();
    if (stored?.key === key) return stored;
    await storage.delete(key).catch(() => undefined);
    if (!stored) throw error;
    return repeated(ctx, stored, requestHash);
  }
}

function repeated(
  ctx: RouterContext<ApiState>,
  row: AttachmentRow,
  requestHash: string | undefined,
): AttachmentRow {
  if (row.request_hash !== requestHash)
    throw new Problem(409, 'This Idempotency-Key was used for another upload. Send a new key.');
  if (row.message_id === EXPIRED)
    throw new Problem(
      409,
      'This file was not attached to a message within a day, and is being deleted. Upload it again.',
      { headers: { 'Retry-After': '1' } },
    );
  ctx.set('Idempotency-Replayed', 'true');
  return row;
}
