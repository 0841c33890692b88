import { heartbeat } from '@temporalio/activity';
import type { Model } from 'mongoose';
import { claimAddress } from '../../src/core/addresses/platform.ts';
import { releaseReceiving } from '../../src/core/addresses/receiving.ts';
import { updateAddressesOnDomain } from '../../src/core/domains/addressesOnDomain.ts';
import type { Models } from '../../src/infra/models/index.ts';
import type { WorkspaceToDelete } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { deleteRaw, RAW_FIELDS, type RawRow } from './rawOf.ts';

const BATCH = 200;

/** Claims on domains that are deleted. `leaveDomain` must still undo what each of them caused. */
export interface Closed {
  domains: { id: string; run: number }[];
}

/**
 * Closes the workspace: its members cannot enter, its tokens are deleted, its addresses neither receive nor
 * send. Its addresses on the platform's domain stay claimed for ever. Idempotent.
 */
export async function closeWorkspace(
  { models, platformDomain, now }: Deps,
  { id }: WorkspaceToDelete,
): Promise<Closed> {
  const mine = { workspace_id: id };
  // The rows of members say which users are deleted too. They are deleted at the end, perhaps hours later.
  await models.Member.updateMany({ ...mine, shut_at: null }, { $set: { shut_at: now() } });
  await models.Token.deleteMany(mine);
  const given = [
    ...(await models.WorkspaceEmail.find(mine, { address: 1 }).lean()),
    ...(await models.ForwardingAddress.find(mine, { address: 1 }).lean()),
  ];
  for (const { _id, address } of given) {
    if (address.endsWith(`@${platformDomain}`)) await claimAddress(models, address, id);
    await models.WorkspaceEmail.updateOne(
      { _id, ...mine },
      { $set: { active: false, can_receive: false, can_send: false, deleted_at: now() } },
    );
    await releaseReceiving(models, { _id, address });
    heartbeat();
  }
  await models.Domain.updateMany({ ...mine, deleted_at: null }, { $set: { deleted_at: now() } });
  const domains = await models.Domain.find(mine, { name: 1, run: 1 }).lean();
  for (const { name } of domains) await updateAddressesOnDomain(models, name);
  return { domains: domains.map(({ _id, run }) => ({ id: _id, run })) };
}

/**
 * Deletes what the workspace has: raw mail, attachments, rows of every collection, users who belong to no
 * other workspace, and at the end the workspace's own row. What an open run writes afterwards is deleted by
 * the next call. @returns how many rows and objects it deleted
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
    // Once given, an address is never given to another workspace.
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

/** Deletes members who are in no other workspace, with all that is theirs. */
async function purgeUsers(models: Models, id: string): Promise<number> {
  let deleted = 0;
  for (const { user_id } of await models.Member.find({ workspace_id: id }, { user_id: 1 }).lean()) {
    if (await models.Member.exists({ user_id, workspace_id: { $ne: id } })) continue;
    // Sessions, links: rows of no workspace.
    const theirs = { user_id, workspace_id: { $in: [null, id] } };
    for (const model of modelsWith(models, 'user_id').filter(({ modelName }) => modelName !== 'Member'))
      deleted += await purge(model, theirs);
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

/** In batches: MongoDB must answer each call within a second and a half (src/worker.ts). */
async function purge(model: Model<{ _id: string }>, filter: object): Promise<number> {
  for (let deleted = 0; ;) {
    const rows = await model.find(filter, { _id: 1 }).limit(BATCH).lean<{ _id: string }[]>();
    if (rows.length === 0) return deleted;
    deleted += (await model.deleteMany({ _id: { $in: rows.map(({ _id }) => _id) } })).deletedCount;
    heartbeat();
  }
}
