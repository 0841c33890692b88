import { heartbeat } from '@temporalio/activity';
import type { InboundEmailRow } from '../../src/infra/models/index.ts';
import { NotStoredError } from '../../src/infra/storage/storage.ts';
import { inboundWorkflowId } from '../../src/infra/temporal/ids.ts';
import { payloadKey } from '../../src/infra/archive/keys.ts';
import { longFields, StoredPost } from '../../src/infra/archive/storedPost.ts';
import type { Deps } from '../deps.ts';
import { remoteFileKey } from '../../src/infra/archive/keys.ts';

/** What of a mail's row says where its raw is. */
export type RawRow = Pick<InboundEmailRow, '_id' | 'provider' | 'key' | 'repeats' | 'run'> & {
  mail: Pick<NonNullable<InboundEmailRow['mail']>, 'files'> | null;
};
export const RAW_FIELDS = { provider: 1, key: 1, repeats: 1, run: 1, state: 1, 'mail.files': 1 } as const;

type RawDeps = Pick<Deps, 'models' | 'storage' | 'runState' | 'log'>;

/**
 * Deletes what the archive holds of a mail: the payload and its objects, the copy of a skipped mail, and the
 * posts that repeated it. A post to several recipients is deleted with the last of them. Idempotent: the
 * payload's JSON, which names the objects, is deleted last. A payload that cannot be read delays no other
 * mail: all objects with its name are deleted.
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

async function deletePayload(deps: RawDeps, key: string, remoteFiles: number): Promise<void> {
  const { storage } = deps;
  const post = await readPost(storage, key);
  if (post === 'unreadable') {
    for await (const object of objectsBeside(storage, key)) await storage.delete(object);
    return storage.delete(key);
  }
  for (let n = 0; n < remoteFiles; n += 1) await storage.delete(remoteFileKey(key, n));
  if (!post) return;
  const objects = [...(post.mime ? [post.mime] : []), ...post.files, ...longFields(post).map(([, at]) => at)];
  for (const { object } of objects) await storage.delete(object);
  await storage.delete(key);
}

/** Null when it is gone already. */
async function readPost(storage: RawDeps['storage'], key: string): Promise<StoredPost | 'unreadable' | null> {
  let bytes: Buffer;
  try {
    bytes = await storage.readAll(key);
  } catch (error) {
    if (error instanceof NotStoredError) return null;
    throw error;
  }
  try {
    return StoredPost.parse(JSON.parse(bytes.toString()));
  } catch {
    return 'unreadable';
  }
}

/** The objects of a payload, found by their names (`objectKey`). */
async function* objectsBeside(storage: RawDeps['storage'], key: string): AsyncIterable<string> {
  const start = key.replace(/json$/, '');
  for await (const object of storage.list(key.slice(0, key.lastIndexOf('/') + 1))) {
    if (object.startsWith(start) && object !== key) yield object;
    heartbeat();
  }
}

/**
 * Whether no other recipient of the post needs it: their rows say so, or they have neither a row nor a run.
 */
async function isNobodyElses(deps: RawDeps, key: string, mine: string, others: object): Promise<boolean> {
  const { InboundEmail } = deps.models;
  const ids = (await recipientsOf(deps, key, mine)).filter((id) => id !== mine);
  if (ids.length === 0) return true;
  const rows = await InboundEmail.find({ _id: { $in: ids } }, { _id: 1 }).lean();
  const without = ids.filter((id) => !rows.some(({ _id }) => _id === id));
  for (const id of without)
    if ((await deps.runState(inboundWorkflowId(id, 1))).state === 'open') return false;
  const free = await InboundEmail.countDocuments({ _id: { $in: rows.map(({ _id }) => _id) }, ...others });
  return free === rows.length;
}

/**
 * Ids of the inbound emails that a post became. Of a post that cannot be read: those that are not finished.
 */
async function recipientsOf({ models, storage, log }: RawDeps, key: string, mine: string): Promise<string[]> {
  const post = await readPost(storage, key);
  if (post !== 'unreadable') return (post?.deliveries ?? []).map(({ inbound_id }) => inbound_id);
  log.warn({ inbound_id: mine }, 'the payload of a mail that is to be deleted cannot be read');
  const unfinished = { state: { $in: ['received', 'held', 'failed'] as const }, key };
  return (await models.InboundEmail.find(unfinished, { _id: 1 }).lean()).map(({ _id }) => _id);
}
