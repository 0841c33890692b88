import type { InboundEmailRow } from '../../src/models/index.ts';
import { NotStoredError } from '../../src/storage/storage.ts';
import { inboundWorkflowId } from '../../src/temporal/ids.ts';
import { payloadKey } from '../../src/webhook/keys.ts';
import { longFields, StoredPost } from '../../src/webhook/storedPost.ts';
import type { Deps } from '../deps.ts';
import { remoteFileKey } from '../remoteFiles.ts';

/** What of a mail's row says where its raw is. */
export type RawRow = Pick<InboundEmailRow, '_id' | 'provider' | 'key' | 'repeats' | 'run'> & {
  mail: Pick<NonNullable<InboundEmailRow['mail']>, 'files'> | null;
};
export const RAW_FIELDS = { provider: 1, key: 1, repeats: 1, run: 1, state: 1, 'mail.files': 1 } as const;

type RawDeps = Pick<Deps, 'models' | 'storage' | 'runState'>;

/**
 * Deletes what the archive holds of a mail: the payload and its objects, the copy of a skipped one, posts that repeated it. A post to
 * several recipients goes with the last of them. Any number of times; the payload's JSON, which names the objects, goes last.
 * @param others rows whose own raw may go too
 */
export async function deleteRaw(deps: RawDeps, row: RawRow, others: object): Promise<void> {
  const incoming = row.key.replace(/^([^/]+)-skipped\//, '$1-incoming/');
  const payloads = [...row.repeats.map((id) => payloadKey(row.provider, id)), incoming];
  const files = row.mail?.files.length ?? 0;
  if (row.key !== incoming) await deletePayload(deps, row.key, files);
  for (const key of payloads)
    if (await isNobodyElses(deps, key, row._id, others)) await deletePayload(deps, key, files);
}

async function deletePayload({ storage }: RawDeps, key: string, remoteFiles: number): Promise<void> {
  const post = await readPost(storage, key);
  for (let n = 0; n < remoteFiles; n += 1) await storage.delete(remoteFileKey(key, n));
  if (!post) return;
  const objects = [...(post.mime ? [post.mime] : []), ...post.files, ...longFields(post).map(([, at]) => at)];
  for (const { object } of objects) await storage.delete(object);
  await storage.delete(key);
}

/** Null when it is gone already. */
async function readPost(storage: RawDeps['storage'], key: string): Promise<StoredPost | null> {
  try {
    return StoredPost.parse(JSON.parse((await storage.readAll(key)).toString()));
  } catch (error) {
    if (error instanceof NotStoredError) return null;
    throw error;
  }
}

/** No other recipient of the post has a use for it: their rows say so, or they have neither a row nor a run. */
async function isNobodyElses(deps: RawDeps, key: string, mine: string, others: object): Promise<boolean> {
  const post = await readPost(deps.storage, key);
  const ids = (post?.deliveries ?? []).map((delivery) => delivery.inbound_id).filter((id) => id !== mine);
  if (ids.length === 0) return true;
  const rows = await deps.models.InboundEmail.find({ _id: { $in: ids } }, { _id: 1 }).lean();
  const without = ids.filter((id) => !rows.some(({ _id }) => _id === id));
  for (const id of without)
    if ((await deps.runState(inboundWorkflowId(id, 1))).state === 'open') return false;
  const free = await deps.models.InboundEmail.countDocuments({
    _id: { $in: rows.map(({ _id }) => _id) },
    ...others,
  });
  return free === rows.length;
}
