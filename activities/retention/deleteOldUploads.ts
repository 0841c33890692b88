import { heartbeat } from '@temporalio/activity';
import type { AttachmentRow } from '../../src/infra/models/index.ts';
import { EXPIRED } from '../../src/core/replies/uploads.ts';
import type { Deps } from '../deps.ts';
import { DAY_MS } from '../../src/lib/time.ts';

const BATCH = 100;

/**
 * Deletes files that were uploaded over a day ago and that neither a message nor a draft has attached. The
 * row is marked first: a message that attaches the file at this moment does not find it. A file of a draft is
 * looked at again a day later.
 * @returns how many files it deleted
 */
export async function deleteOldUploads({ models, storage, now }: Deps): Promise<{ files: number }> {
  const { Attachment, Draft } = models;
  const before = new Date(now().getTime() - DAY_MS);
  for (let files = 0; ;) {
    const unattached = { message_id: { $in: ['', EXPIRED] }, created_at: { $lt: before } };
    const rows = await Attachment.find(unattached, { key: 1, workspace_id: 1 })
      .limit(BATCH)
      .lean<Pick<AttachmentRow, '_id' | 'key' | 'workspace_id'>[]>();
    if (rows.length === 0) return { files };
    for (const { _id, key, workspace_id } of rows) {
      const upload = { _id, workspace_id };
      await Attachment.updateOne({ ...upload, message_id: '' }, { $set: { message_id: EXPIRED } });
      if (!(await Attachment.exists({ ...upload, message_id: EXPIRED }))) continue;
      if (await Draft.exists({ workspace_id, attachments: _id })) {
        await Attachment.updateOne(
          { ...upload, message_id: EXPIRED },
          { $set: { message_id: '', created_at: now() } },
        );
        continue;
      }
      if (key !== null) await storage.delete(key);
      await Attachment.deleteOne({ ...upload, message_id: EXPIRED });
      files += 1;
      heartbeat();
    }
  }
}
