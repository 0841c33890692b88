import type { Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { isPlatforms } from './platform.ts';
import { Unfit } from '../replies/draft.ts';
import { insertEmail, nextEmailId, type NewEmailRow } from './emailRow.ts';
import { updateAddressFlags, ownedDomain } from './addressFlags.ts';
import { domainPart } from '../../mail/addresses.ts';
import { ownForwardingAddress } from './forwardingAddress.ts';
import { takeAddress } from './platform.ts';
import { beginProof } from './proof.ts';

/** An address that a workspace wants to add; its form has been checked. */
export interface WantedEmail {
  workspaceId: string;
  /** Normalised. */
  address: string;
  displayName: string;
  purpose: WorkspaceEmailRow['purpose'];
  userId: string | null;
  teamId: string | null;
  kind: WorkspaceEmailRow['kind'];
  /**
   * Forwarding address of another address of the workspace, to which this one's mail host forwards too.
   * Normalised.
   */
  sharedForwarding: string | null;
}

export interface AddressDeps {
  models: Models;
  platformDomain: string;
}

/** Unfinished proofs that one workspace may have. */
const MAX_PENDING = 100;

/**
 * Adds an address. One on the platform's domain, or on a domain that the workspace owns, works as soon as its
 * domain does; any other waits for its proof. The address row is inserted last: if the process dies before
 * that, the next try finds and uses what was made.
 * @throws Unfit
 */
export async function addEmail(deps: AddressDeps, wanted: WantedEmail): Promise<WorkspaceEmailRow> {
  const { models } = deps;
  const { workspaceId, address } = wanted;
  await checkUser(models, workspaceId, wanted.purpose, wanted.userId);
  await checkTeam(models, workspaceId, wanted);
  const sharedForwardingId = await findSharedForwarding(deps, wanted);
  await checkKind(deps, wanted);
  if (wanted.kind === 'forwarding') await checkPending(models, workspaceId);
  const _id = await nextEmailId(models, workspaceId, address);
  if (_id === null) throw new Unfit('address', 'is already an address of this workspace');

  const row: NewEmailRow = {
    workspace_id: workspaceId,
    address,
    display_name: wanted.displayName,
    purpose: wanted.purpose,
    user_id: wanted.userId,
    team_id: wanted.teamId,
    kind: wanted.kind,
    proved_at: wanted.kind === 'forwarding' ? null : new Date(),
    shared_forwarding_id: sharedForwardingId,
  };
  if (wanted.kind === 'forwarding') {
    const email = { _id, workspace_id: workspaceId, address };
    await ownForwardingAddress(models, email, deps.platformDomain);
    await beginProof(models, email);
  }
  const inserted = await insertEmail(models, _id, row);
  if (!inserted)
    throw new Unfit(
      'address',
      'has just been added by another request, or another workspace receives its mail',
    );
  if (wanted.kind === 'domain') await updateAddressFlags(models, _id);
  return models.WorkspaceEmail.findById(_id).orFail().lean<WorkspaceEmailRow>();
}

/** @throws Unfit unless the user is a member, and the purpose allows a user. */
export async function checkUser(
  models: Models,
  workspaceId: string,
  purpose: WorkspaceEmailRow['purpose'],
  userId: string | null,
): Promise<void> {
  if (userId === null) return;
  if (purpose !== 'inbox') throw new Unfit('user_id', 'is allowed only for an address with purpose "inbox"');
  const member = await models.Member.exists({ workspace_id: workspaceId, user_id: userId });
  if (!member) throw new Unfit('user_id', 'is not a member of this workspace');
}

/** @throws Unfit unless the team is one of the workspace, and the address has no user. */
export async function checkTeam(
  models: Models,
  workspace_id: string,
  { userId, teamId }: Pick<WantedEmail, 'userId' | 'teamId'>,
): Promise<void> {
  if (!teamId) return;
  if (userId !== null) throw new Unfit('team_id', 'is not allowed for a personal address');
  if (!(await models.Team.exists({ _id: teamId, workspace_id })))
    throw new Unfit('team_id', 'is not a team of this workspace');
}

/**
 * Each proof sends mail to an address that may belong to a stranger, so their number is limited.
 * @throws Unfit when too many proofs are unfinished.
 */
async function checkPending(models: Models, workspace_id: string): Promise<void> {
  const pending = await models.AddressProof.countDocuments({ workspace_id, state: 'pending' });
  if (pending >= MAX_PENDING)
    throw new Unfit(
      'address',
      `cannot be added now: ${pending} addresses of this workspace are not verified yet. ` +
        'Verify or delete some of them first',
    );
}

/** @throws Unfit when the workspace cannot have this address with this kind. */
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
    throw new Unfit('address', 'is on the domain of this Postroom installation: add it with kind "platform"');
  if (!/^(?:[a-z0-9_-]+\.)+[a-z0-9-]+$/.test(domain))
    throw new Unfit('address', 'must have a domain after the @, as in support@acme.com');
  if (kind === 'domain' && !(await ownedDomain(models, workspaceId, domain)))
    throw new Unfit(
      'address',
      `is on ${domain}, which this workspace has not proved to own: ` +
        'add the domain and verify it first, or add the address with kind "forwarding"',
    );
}

/** Id of the forwarding address to share, or null. @throws Unfit: a personal address must have its own. */
async function findSharedForwarding(
  { models }: AddressDeps,
  { workspaceId, sharedForwarding, kind, userId, teamId }: WantedEmail,
): Promise<string | null> {
  if (sharedForwarding === null) return null;
  const field = 'forwarding_address';
  if (kind !== 'forwarding') throw new Unfit(field, 'is allowed only for an address of kind "forwarding"');
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
    throw new Unfit(field, 'cannot be shared with a personal address: only its user may see its mail');
  if (teamId !== null || parent.team_id)
    throw new Unfit(field, 'cannot be shared with the address of a team: only the team may see its mail');
  return shared._id;
}
