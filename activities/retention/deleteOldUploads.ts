import { heartbeat } from '@temporalio/activity';
import type { AttachmentRow } from '../../src/infra/models/index.ts';
import { EXPIRED } from '../../src/core/replies/uploads.ts';
import type { Deps } from '../deps.ts';
import { DAY_MS } from '../../src/lib/time.ts';

const BATCH = 100;

/**
 * Deletes files that were uploaded over a day ago and that no message has attached. The row is marked first:
 * a message that attaches the file at this moment does not find it.
 * @returns how many files it deleted
 */
export async function deleteOldUploads({ models, storage, now }: Deps): Promise<{ files: number }> {
  const { Attachment } = models;
  const before = new Date(now().getTime() - DAY_MS);
  for (let files = 0; ;) {
    const unattached = { message_id: { $in: ['', EXPIRED] }, created_at: { $lt: before } };
    const rows = await Attachment.find(unattached, { key: 1 })
      .limit(BATCH)
      .lean<Pick<AttachmentRow, '_id' | 'key'>[]>();
    if (rows.length === 0) return { files };
    for (const { _id, key } of rows) {
      await Attachment.updateOne({ _id, message_id: '' }, { $set: { message_id: EXPIRED } });
      if (!(await Attachment.exists({ _id, message_id: EXPIRED }))) continue;
      if (key !== null) await storage.delete(key);
      await Attachment.deleteOne({ _id, message_id: EXPIRED });
      files += 1;
      heartbeat();
    }
  }
}
