import type { ClientSession } from 'mongoose';
import type { AttachmentRow, MessageRow, Models } from '../../infra/models/index.ts';
import { type Author, Unfit } from './draft.ts';

/** Audience of a file that was uploaded and belongs to no message yet. */
export const uploaderOnly = (userId: string): string => `owner:${userId}`;

/** In place of a message's id: no message took the file in time, and it is being deleted. */
export const EXPIRED = 'expired';

/**
 * The author's uploads with these ids, in this order. Uploads that this very message has taken are found as
 * well: the same request may be running concurrently.
 * @param messageId null for files that no message takes yet
 * @throws Unfit for an upload that is unknown, another user's, or in another message.
 */
export async function findUploads(
  models: Models,
  { workspaceId, userId }: Author,
  ids: string[],
  messageId: string | null,
): Promise<AttachmentRow[]> {
  if (ids.length === 0) return [];
  const uploads = await models.Attachment.find({ workspace_id: workspaceId, _id: { $in: ids } }).lean<
    AttachmentRow[]
  >();
  return ids.map((id, index) => {
    const row = uploads.find(({ _id }) => _id === id);
    const isMine = row?.message_id === '' && row.audience === uploaderOnly(userId);
    if (row && (isMine || row.message_id === messageId)) return row;
    throw new Unfit(`attachments.${index}`, NOT_YOURS);
  });
}

/**
 * Attaches uploads to the message, all of them or none: part of the transaction that saves it.
 * @throws Unfit when another message took one of them meanwhile.
 */
export async function takeUploads(
  models: Models,
  message: MessageRow,
  uploads: AttachmentRow[],
  session: ClientSession,
): Promise<void> {
  const { matchedCount } = await models.Attachment.bulkWrite(
    uploads.map(({ _id, audience, inline }, position) => ({
      updateOne: {
        filter: { _id, workspace_id: message.workspace_id, message_id: '', audience },
        update: { $set: { message_id: message._id, audience: message.audience, position, inline } },
      },
    })),
    { session },
  );
  if (matchedCount !== uploads.length) throw new Unfit('attachments', NOT_YOURS);
}

const NOT_YOURS = 'is not a file that you uploaded, or another message has it; upload it again';

/** Sets `inline` on the files that the HTML shows. Of two with the same Content-Id the first is shown. */
export function markShown(uploads: AttachmentRow[], shownCids: string[]): AttachmentRow[] {
  const shown = new Set(shownCids.map((cid) => uploads.find((file) => file.content_id === cid)));
  return uploads.map((file) => ({ ...file, inline: shown.has(file) }));
}
