import type { Client } from '@temporalio/client';
import { incomingKey } from '../infra/archive/keys.ts';
import { deletePost, readPost } from '../infra/archive/payloads.ts';
import { idsOf } from '../infra/archive/recipients.ts';
import type { InboundEmailRow, Models } from '../infra/models/index.ts';
import type { Storage } from '../infra/storage/storage.ts';
import { inboundWorkflowId } from '../infra/temporal/ids.ts';
import { runState } from '../infra/temporal/runs.ts';
import { behind, movingOn, newRowCursor } from '../lib/rowCursor.ts';

/** Rows that one call checks. */
const BATCH = 200;

interface OriginalsDeps {
  models: Models;
  storage: Storage;
  client: Client;
}
type SkippedRow = Pick<InboundEmailRow, '_id' | 'key' | 'run' | 'mail' | 'updated_at'>;

/**
 * Ends the move of skipped mail to `<provider>-skipped/`: deletes the payload that it was copied from, once
 * its run has closed. A post to several recipients is deleted when none of their rows needs it. Idempotent;
 * safe to call concurrently.
 * @param olderThanMs only rows that did not change for so long: a step that Temporal has given up may still
 * copy
 * @param cursor kept between calls
 * @returns how many payloads it deleted
 */
export async function deleteOriginals(
  deps: OriginalsDeps,
  olderThanMs: number,
  cursor = newRowCursor(),
): Promise<number> {
  const { models, storage } = deps;
  const moved = {
    original_left: true,
    ...behind(cursor, 'updated_at', new Date(Date.now() - olderThanMs)),
  } as const;
  const rows = await models.InboundEmail.find(moved, { key: 1, run: 1, updated_at: 1, 'mail.files': 1 })
    .sort({ updated_at: 1, _id: 1 })
    .limit(BATCH)
    .lean<SkippedRow[]>();
  let deleted = 0;
  for (const row of movingOn(cursor, rows, BATCH, ({ updated_at }) => updated_at)) {
    const original = incomingKey(row.key);
    const post = await readPost(storage, original);
    // One that cannot be read, and does not say for whom it is, is left to retention.
    const need =
      post === 'unreadable'
        ? 'needed'
        : await needOf(deps, row, original, post ? idsOf(post.deliveries) : []);
    if (need === 'unknown') continue;
    if (need === 'not needed' && post !== 'unreadable') {
      await deletePost(storage, original, post, row.mail?.files.length ?? 0);
      deleted += 1;
    }
    await models.InboundEmail.updateOne({ _id: row._id, key: row.key }, { $unset: { original_left: 1 } });
  }
  return deleted;
}

/**
 * Whether the payload is still needed: by a row that points to it, or because there is no copy of it.
 * `unknown` while the run is open, or another recipient of the post has no row yet.
 */
async function needOf(
  { models, storage, client }: OriginalsDeps,
  { _id, key, run }: SkippedRow,
  original: string,
  recipients: string[],
): Promise<'needed' | 'not needed' | 'unknown'> {
  const { state } = await runState(client, inboundWorkflowId(_id, run));
  if (state === 'open') return 'unknown';
  const rows = await models.InboundEmail.find({ _id: { $in: recipients } }, { key: 1 }).lean<
    Pick<InboundEmailRow, '_id' | 'key'>[]
  >();
  if (rows.length < recipients.length) return 'unknown';
  const isCopied = key !== original && (await storage.size(key)) !== null;
  return isCopied && rows.every((row) => row.key !== original) ? 'not needed' : 'needed';
}
