import { collectionOf, type AttachmentRow, type Models } from '../../infra/models/index.ts';
import { once } from '../../infra/models/once.ts';
import type { Storage } from '../../infra/storage/storage.ts';
import { hashOf } from '../../lib/ids.ts';
import type { Author } from './draft.ts';
import { uploaderOnly } from './uploads.ts';

/** Where copies are made, and for which message. */
export interface Copying {
  models: Models;
  storage: Pick<Storage, 'copy'>;
  platformDomain: string;
  author: Author;
  /** The message that will take them. */
  messageId: string;
}

/**
 * Copies stored files of other messages for a message that is being written, each with bytes of its own.
 * Until the message takes them (`takeUploads`) they are uploads of its author, and are deleted like those if
 * it never does. Idempotent: the same message gets the same copies.
 * @throws NotStoredError when a file is gone
 */
export async function copyFiles(copying: Copying, files: AttachmentRow[]): Promise<AttachmentRow[]> {
  const copies: AttachmentRow[] = [];
  for (const file of files) copies.push(await copyFile(copying, file));
  return copies;
}

async function copyFile(
  { models, storage, platformDomain, author, messageId }: Copying,
  file: AttachmentRow,
): Promise<AttachmentRow> {
  const _id = hashOf('copy', messageId, file._id);
  const workspace_id = author.workspaceId;
  const fields: Omit<AttachmentRow, '_id' | 'workspace_id'> = {
    audience: uploaderOnly(author.userId),
    message_id: '',
    position: 0,
    filename: file.filename,
    content_type: file.content_type,
    size: file.size,
    inline: false,
    // Another mail of the thread may use the original's for another picture.
    content_id: `${_id}@${platformDomain}`,
    state: 'stored',
    reason: null,
    key: `attachments/${workspace_id}/copies/${_id}`,
    created_at: new Date(),
    copy_of: file._id,
  };
  await storage.copy(file.key as string, fields.key as string);
  const stored = await once(() =>
    collectionOf(models.Attachment).findOneAndUpdate(
      { _id, workspace_id },
      { $setOnInsert: fields },
      { upsert: true, returnDocument: 'after' },
    ),
  );
  return stored ?? { _id, workspace_id, ...fields };
}
