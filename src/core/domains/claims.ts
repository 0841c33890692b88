import { randomBytes } from 'node:crypto';
import type { DomainRecord } from '../../infra/models/domain.ts';
import type { DomainRow, Models } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { domainPart } from '../../mail/addresses.ts';
import { hashOf } from '../../lib/ids.ts';
import { DAY_MS } from '../../lib/time.ts';

/** How long a claim waits for its ownership record (ms). */
export const PROVE_WITHIN_MS = 14 * DAY_MS;

/** States from which a claim does not come back: a new one is to be made. */
const OVER: DomainRow['state'][] = ['expired', 'lost'];

/** Filter of claims that still count. */
export const LIVE = { deleted_at: null, state: { $nin: OVER } };
/** Filter of claims that are proved, and count. */
export const OWNED = { ...LIVE, owned_at: { $ne: null } };

export const isLive = ({ deleted_at, state }: Pick<DomainRow, 'deleted_at' | 'state'>): boolean =>
  deleted_at === null && !OVER.includes(state);

/** Workspaces that the domain of a normalised address is proved to be of: one, but for a change of owner. */
export const ownersOfDomain = (models: Models, address: string): Promise<string[]> =>
  models.Domain.distinct('workspace_id', { ...OWNED, name: domainPart(address) });

/** The record that shows whose the domain is: DKIM and SPF are the same for everyone at one provider's account. */
export function ownershipRecord(domain: string, value: string): DomainRecord {
  return {
    purpose: 'ownership',
    type: 'TXT',
    name: `_postroom.${domain}`,
    value,
    priority: null,
    state: 'pending',
    found: [],
    accepted: true,
  };
}

/**
 * A new claim; requests at once make one. What was claimed before, and is over, no longer shows; its ownership record is asked
 * for again.
 * @param name normalised (domainName.ts). @returns null when the workspace has a live claim on it.
 */
export async function claimDomain(
  models: Models,
  workspaceId: string,
  name: string,
): Promise<DomainRow | null> {
  const before = await models.Domain.find({ workspace_id: workspaceId, name })
    .sort({ created_at: -1 })
    .lean<DomainRow[]>();
  if (before.some(isLive)) return null;
  const row = newClaim(workspaceId, name, before.length, before[0]?.ownership_value);
  try {
    await models.Domain.create(row);
  } catch (error) {
    if (isDuplicateKey(error)) return null;
    throw error;
  }
  const over = { workspace_id: workspaceId, name, _id: { $ne: row._id }, deleted_at: null };
  await models.Domain.updateMany({ ...over, state: { $in: OVER } }, { $set: { deleted_at: row.created_at } });
  return row;
}

function newClaim(workspace_id: string, name: string, before: number, value?: string): DomainRow {
  const created_at = new Date();
  const ownership_value = value ?? `postroom-domain=${randomBytes(16).toString('hex')}`;
  return {
    _id: hashOf('domain', workspace_id, name, before),
    workspace_id,
    name,
    ownership_value,
    created_at,
    state: 'pending',
    owned_at: null,
    sending: false,
    receiving: false,
    suspended: false,
    records: [ownershipRecord(name, ownership_value)],
    catch_all_id: null,
    problem: null,
    provider_problem: null,
    failing_since: null,
    grace_until: null,
    disowned_at: null,
    mx_gone_at: null,
    notices: [],
    wants_applying: false,
    verify_after: null,
    checked_at: null,
    check_wanted_at: null,
    changes: 0,
    expires_at: new Date(created_at.getTime() + PROVE_WITHIN_MS),
    run: 1,
    wants_start: true,
    deleted_at: null,
  };
}
