import type { Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { isPlatforms } from './platform.ts';
import { Unfit } from '../replies/draft.ts';
import { insertEmail, nextEmailId, type NewEmailRow } from './emailRow.ts';
import { applyFlags, ownedDomain } from './addressFlags.ts';
import { domainPart } from '../../mail/addresses.ts';
import { ownForwardingAddress } from './forwardingAddress.ts';
import { takeAddress } from './platform.ts';
import { beginProof } from './proof.ts';

/** An address that a workspace asks for, right in its form. */
export interface WantedEmail {
  workspaceId: string;
  /** Normalised. */
  address: string;
  displayName: string;
  purpose: WorkspaceEmailRow['purpose'];
  userId: string | null;
  kind: WorkspaceEmailRow['kind'];
  /** Of another address of the workspace, that this one's mail host forwards to as well. Normalised. */
  sharedForwarding: string | null;
}

export interface AddressDeps {
  models: Models;
  platformDomain: string;
}

/** Proofs of one workspace that are still to be had. */
const MAX_PENDING = 100;

/**
 * Adds an address. One on the platform's domain, or on a domain that the workspace owns, works as soon as its domain does; any
 * other waits for its proof. The row itself is made last: what was made before by a process that died is found again.
 * @throws Unfit
 */
export async function addEmail(deps: AddressDeps, wanted: WantedEmail): Promise<WorkspaceEmailRow> {
  const { models } = deps;
  const { workspaceId, address } = wanted;
  await checkUser(models, workspaceId, wanted.purpose, wanted.userId);
  const shared = await findShared(deps, wanted);
  await checkKind(deps, wanted);
  if (wanted.kind === 'forwarding') await checkPending(models, workspaceId);
  const _id = await nextEmailId(models, workspaceId, address);
  if (_id === null) throw new Unfit('address', 'is one of the workspace’s addresses already');

  const row: NewEmailRow = {
    workspace_id: workspaceId,
    address,
    display_name: wanted.displayName,
    purpose: wanted.purpose,
    user_id: wanted.userId,
    kind: wanted.kind,
    proved_at: wanted.kind === 'forwarding' ? null : new Date(),
    shared_forwarding_id: shared,
  };
  if (wanted.kind === 'forwarding') {
    const email = { _id, workspace_id: workspaceId, address };
    await ownForwardingAddress(models, email, deps.platformDomain);
    await beginProof(models, email);
  }
  const made = await insertEmail(models, _id, row);
  if (!made) throw new Unfit('address', 'was added at this moment, or another workspace receives for it');
  if (wanted.kind === 'domain') await applyFlags(models, _id);
  return models.WorkspaceEmail.findById(_id).orFail().lean<WorkspaceEmailRow>();
}

/** @throws Unfit unless the user is a member, and the purpose one for a user. */
export async function checkUser(
  models: Models,
  workspaceId: string,
  purpose: WorkspaceEmailRow['purpose'],
  userId: string | null,
): Promise<void> {
  if (userId === null) return;
  if (purpose !== 'inbox') throw new Unfit('user_id', 'is only for an address with purpose "inbox"');
  const member = await models.Member.exists({ workspace_id: workspaceId, user_id: userId });
  if (!member) throw new Unfit('user_id', 'is not a member of this workspace');
}

/** Each proof mails a stranger, who may know nothing of it. @throws Unfit when too many are to be had */
async function checkPending(models: Models, workspace_id: string): Promise<void> {
  const pending = await models.AddressProof.countDocuments({ workspace_id, state: 'pending' });
  if (pending >= MAX_PENDING)
    throw new Unfit(
      'address',
      `has to wait: ${pending} other addresses of the workspace wait for their proof`,
    );
}

/** @throws Unfit when an address of this kind cannot be what is asked for. */
async function checkKind(
  { models, platformDomain }: AddressDeps,
  { kind, address, workspaceId }: WantedEmail,
): Promise<void> {
  const domain = domainPart(address);
  if (kind === 'platform') {
    if (domain !== platformDomain)
      throw new Unfit('address', `must end in @${platformDomain} for an address of kind "platform"`);
    return takeAddress(models, 'address', address, workspaceId);
  }
  if (isPlatforms(domain, platformDomain))
    throw new Unfit('address', 'is on the platform’s own domain: add it with kind "platform"');
  if (!/^(?:[a-z0-9_-]+\.)+[a-z0-9-]+$/.test(domain))
    throw new Unfit('address', 'must be at a domain, like support@acme.com');
  if (kind === 'domain' && !(await ownedDomain(models, workspaceId, domain)))
    throw new Unfit(
      'address',
      `is at ${domain}, which is not proved to be the workspace’s: add it under domains, or the address with kind "forwarding"`,
    );
}

/** Id of the forwarding address that is shared, or null. @throws Unfit: a personal mailbox forwards to its own. */
async function findShared(
  { models }: AddressDeps,
  { workspaceId, sharedForwarding, kind, userId }: WantedEmail,
): Promise<string | null> {
  if (sharedForwarding === null) return null;
  const field = 'forwarding_address';
  if (kind !== 'forwarding') throw new Unfit(field, 'is only for an address of kind "forwarding"');
  const shared = await models.ForwardingAddress.findOne({
    workspace_id: workspaceId,
    address: sharedForwarding,
  }).lean();
  const parent =
    shared &&
    (await models.WorkspaceEmail.findOne({
      _id: shared.workspace_email_id,
      workspace_id: workspaceId,
      deleted_at: null,
    }).lean());
  if (!shared || !parent) throw new Unfit(field, 'is not a forwarding address of this workspace');
  if (userId !== null || parent.user_id !== null)
    throw new Unfit(field, 'cannot be shared with a personal address: its mail is its user’s alone');
  return shared._id;
}
