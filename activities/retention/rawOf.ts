import { heartbeat } from '@temporalio/activity';
import type { InboundEmailRow, RepeatRow } from '../../src/infra/models/index.ts';
import { inboundWorkflowId } from '../../src/infra/temporal/ids.ts';
import { incomingKey, payloadKey } from '../../src/infra/archive/keys.ts';
import { deletePost, readPost } from '../../src/infra/archive/payloads.ts';
import type { Deps } from '../deps.ts';

/** The fields of a mail's row that say where its raw is. */
export type RawRow = Pick<InboundEmailRow, '_id' | 'provider' | 'key' | 'repeats' | 'run'> & {
  mail: Pick<NonNullable<InboundEmailRow['mail']>, 'files'> | null;
};
export const RAW_FIELDS = { provider: 1, key: 1, repeats: 1, run: 1, state: 1, 'mail.files': 1 } as const;

type RawDeps = Pick<Deps, 'models' | 'storage' | 'runState' | 'log'>;

/**
 * Deletes what the archive holds of a mail: the payload and its objects, the copy of a skipped one, and posts
 * that repeated it. A post to several recipients is deleted with the last of them. Idempotent: the payload's
 * JSON, which names the objects, is deleted last. A payload that cannot be read does not stop the deletion of
 * other mails: it is deleted with every object whose name begins like its own.
 * @param others filter of rows that do not need the post any more
 */
export async function deleteRaw(deps: RawDeps, row: RawRow, others: object): Promise<void> {
  const incoming = incomingKey(row.key);
  const files = row.mail?.files.length ?? 0;
  const deleteUnused = async (key: string) => {
    if (await isUnusedByOthers(deps, key, row._id, others)) await deletePayload(deps, key, files);
  };
  if (row.key !== incoming) await deletePayload(deps, row.key, files);
  for (const id of row.repeats) await deleteUnused(payloadKey(row.provider, id));
  const further = deps.models.Repeat.find({ inbound_email_id: row._id }, { post_id: 1 }).lean<RepeatRow>();
  for await (const { _id, post_id } of further.cursor()) {
    await deleteUnused(payloadKey(row.provider, post_id));
    await deps.models.Repeat.deleteOne({ _id });
    heartbeat();
  }
  await deleteUnused(incoming);
}

async function deletePayload(deps: RawDeps, key: string, remoteFiles: number): Promise<void> {
  const { storage } = deps;
  const post = await readPost(storage, key);
  if (post === 'unreadable') {
    for await (const object of objectsNamedLike(storage, key)) await storage.delete(object);
    return storage.delete(key);
  }
  await deletePost(storage, key, post, remoteFiles);
}

/** The objects of a payload, found by their names (`objectKey`). */
async function* objectsNamedLike(storage: RawDeps['storage'], key: string): AsyncIterable<string> {
  const start = key.replace(/json$/, '');
  for await (const object of storage.list(key.slice(0, key.lastIndexOf('/') + 1))) {
    if (object.startsWith(start) && object !== key) yield object;
    heartbeat();
  }
}

/**
 * Whether no other recipient needs the post: their rows match `others`, or they have neither row nor open
 * run.
 */
async function isUnusedByOthers(
  deps: RawDeps,
  key: string,
  inboundId: string,
  others: object,
): Promise<boolean> {
  const { InboundEmail } = deps.models;
  const ids = (await recipientsOf(deps, key, inboundId)).filter((id) => id !== inboundId);
  if (ids.length === 0) return true;
  const rows = await InboundEmail.find({ _id: { $in: ids } }, { _id: 1 }).lean();
  const withoutRow = ids.filter((id) => !rows.some(({ _id }) => _id === id));
  for (const id of withoutRow)
    if ((await deps.runState(inboundWorkflowId(id, 1))).state === 'open') return false;
  const unneeded = await InboundEmail.countDocuments({ _id: { $in: rows.map(({ _id }) => _id) }, ...others });
  return unneeded === rows.length;
}

/** Ids of the inbound emails of a post; of one that cannot be read, those that are not finished. */
async function recipientsOf(
  { models, storage, log }: RawDeps,
  key: string,
  inboundId: string,
): Promise<string[]> {
  const post = await readPost(storage, key);
  if (post !== 'unreadable') return (post?.deliveries ?? []).map(({ inbound_id }) => inbound_id);
  log.warn({ inbound_id: inboundId }, 'the payload of a mail to delete cannot be read');
  const unfinished = { state: { $in: ['received', 'held', 'failed'] as const }, key };
  return (await models.InboundEmail.find(unfinished, { _id: 1 }).lean()).map(({ _id }) => _id);
}
