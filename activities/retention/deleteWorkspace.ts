import { heartbeat } from '@temporalio/activity';
import type { Model } from 'mongoose';
import { claimAddress } from '../../src/core/addresses/platform.ts';
import { releaseReceiving } from '../../src/core/addresses/receiving.ts';
import { stopRepliesIn } from '../../src/core/replies/stop.ts';
import { updateAddressesOnDomain } from '../../src/core/domains/addressesOnDomain.ts';
import type { Models } from '../../src/infra/models/index.ts';
import type { WorkspaceToDelete } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { deleteRaw, RAW_FIELDS, type RawRow } from './rawOf.ts';

const BATCH = 200;

/** The workspace's claims on domains: their runs must undo what they set up (leaveDomain). */
export interface Closed {
  domains: { id: string; run: number }[];
}

/**
 * Shuts the workspace: its members and tokens have no access any more, its addresses neither receive nor
 * send, and what waited to be sent is cancelled. Its addresses on the platform's domain stay claimed, so that no other workspace ever gets them.
 * Idempotent.
 */
export async function closeWorkspace(
  { models, platformDomain, now }: Deps,
  { id }: WorkspaceToDelete,
): Promise<Closed> {
  const ofWorkspace = { workspace_id: id };
  // Marked only: these rows name the users to delete with the workspace, which may be hours away.
  await models.Member.updateMany({ ...ofWorkspace, shut_at: null }, { $set: { shut_at: now() } });
  await models.Token.deleteMany(ofWorkspace);
  // The mark first: a reply that is saved meanwhile finds it when it is due (stopCauseOf).
  await models.Workspace.updateOne({ _id: id, shut_at: null }, { $set: { shut_at: now() } });
  await stopRepliesIn(models, id, heartbeat);
  const addresses = [
    ...(await models.WorkspaceEmail.find(ofWorkspace, { address: 1 }).lean()),
    ...(await models.ForwardingAddress.find(ofWorkspace, { address: 1 }).lean()),
  ];
  for (const { _id, address } of addresses) {
    if (address.endsWith(`@${platformDomain}`)) await claimAddress(models, address, id);
    await models.WorkspaceEmail.updateOne(
      { _id, ...ofWorkspace },
      { $set: { active: false, can_receive: false, can_send: false, deleted_at: now() } },
    );
    await releaseReceiving(models, { _id, address });
    heartbeat();
  }
  await models.Domain.updateMany({ ...ofWorkspace, deleted_at: null }, { $set: { deleted_at: now() } });
  const domains = await models.Domain.find(ofWorkspace, { name: 1, run: 1 }).lean();
  for (const { name } of domains) await updateAddressesOnDomain(models, name);
  return { domains: domains.map(({ _id, run }) => ({ id: _id, run })) };
}

/**
 * Deletes all that the workspace has: raw mail, attachments, rows of every collection, users who belong to no
 * other workspace, and at the end its own row. If a run that was under way writes more, the next call deletes
 * that.
 * @returns how many rows and objects it deleted
 */
export async function purgeWorkspace(deps: Deps, { id }: WorkspaceToDelete): Promise<{ deleted: number }> {
  const { models, storage } = deps;
  let deleted = await purgeRaw(deps, id);
  for await (const key of storage.list(`attachments/${id}/`)) {
    await storage.delete(key);
    deleted += 1;
    heartbeat();
  }
  deleted += await purgeUsers(models, id);
  for (const model of modelsWith(models, 'workspace_id'))
    // An address on the platform's domain is never given to a second workspace.
    if (model.modelName !== 'PlatformAddress') deleted += await purge(model, { workspace_id: id });
  return { deleted: deleted + (await models.Workspace.deleteOne({ _id: id })).deletedCount };
}

async function purgeRaw(deps: Deps, id: string): Promise<number> {
  const { InboundEmail } = deps.models;
  for (let deleted = 0; ;) {
    const rows = await InboundEmail.find({ workspace_id: id }, RAW_FIELDS).limit(BATCH).lean<RawRow[]>();
    if (rows.length === 0) return deleted;
    for (const row of rows) {
      await deleteRaw(deps, row, { $or: [{ workspace_id: id }, { raw: { $in: ['going', 'gone'] } }] });
      deleted += (await InboundEmail.deleteOne({ _id: row._id })).deletedCount;
      heartbeat();
    }
  }
}

/** Deletes the users who are in no other workspace, with all rows of theirs. */
async function purgeUsers(models: Models, id: string): Promise<number> {
  let deleted = 0;
  for (const { user_id } of await models.Member.find({ workspace_id: id }, { user_id: 1 }).lean()) {
    if (await models.Member.exists({ user_id, workspace_id: { $ne: id } })) continue;
    // Sessions and links have no workspace.
    const ofUser = { user_id, workspace_id: { $in: [null, id] } };
    for (const model of modelsWith(models, 'user_id').filter(({ modelName }) => modelName !== 'Member'))
      deleted += await purge(model, ofUser);
    const user = await models.User.findById(user_id, { email: 1 }).lean();
    if (user) deleted += (await models.AccessMail.deleteMany({ email: user.email })).deletedCount;
    deleted += (await models.User.deleteOne({ _id: user_id })).deletedCount;
    await models.Member.deleteOne({ user_id, workspace_id: id });
  }
  return deleted;
}

const modelsWith = ({ connection }: Models, path: string): Model<{ _id: string }>[] =>
  connection
    .modelNames()
    .map((name) => connection.model<{ _id: string }>(name))
    .filter(({ schema }) => path in schema.paths);

/** In batches: a call to the database has a second and a half. */
async function purge(model: Model<{ _id: string }>, filter: object): Promise<number> {
  for (let deleted = 0; ;) {
    const rows = await model.find(filter, { _id: 1 }).limit(BATCH).lean<{ _id: string }[]>();
    if (rows.length === 0) return deleted;
    deleted += (await model.deleteMany({ _id: { $in: rows.map(({ _id }) => _id) } })).deletedCount;
    heartbeat();
  }
}
