import { randomBytes } from 'node:crypto';
import type { DomainRecord } from '../../infra/models/domain.ts';
import type { DomainRow, Models } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { domainPart } from '../../mail/addresses.ts';
import { hashOf } from '../../lib/ids.ts';
import { DAY_MS } from '../../lib/time.ts';

/** How long a claim waits for its ownership record. */
export const PROVE_WITHIN_MS = 14 * DAY_MS;

/** Final states: the workspace must make a new claim. */
const FINAL: DomainRow['state'][] = ['expired', 'lost'];

/** Filter for claims that are still valid. */
export const LIVE = { deleted_at: null, state: { $nin: FINAL } };
/** Filter for valid claims whose ownership is proved. */
export const OWNED = { ...LIVE, owned_at: { $ne: null } };

export const isLive = ({ deleted_at, state }: Pick<DomainRow, 'deleted_at' | 'state'>): boolean =>
  deleted_at === null && !FINAL.includes(state);

/** Workspaces that own the domain of a normalised address: one, except while the owner changes. */
export const ownersOfDomain = (models: Models, address: string): Promise<string[]> =>
  models.Domain.distinct('workspace_id', { ...OWNED, name: domainPart(address) });

/**
 * The record that proves who owns the domain. DKIM and SPF cannot: they are the same for all workspaces that
 * use one account at the provider.
 */
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
 * Makes a new claim; concurrent requests make only one. Earlier claims that have ended are hidden, and the
 * new one asks for the same ownership record.
 * @param name normalised (domainName.ts). @returns null when the workspace already has a live claim on the
 * domain.
 */
export async function claimDomain(
  models: Models,
  workspaceId: string,
  name: string,
): Promise<DomainRow | null> {
  const earlier = await models.Domain.find({ workspace_id: workspaceId, name })
    .sort({ created_at: -1 })
    .lean<DomainRow[]>();
  if (earlier.some(isLive)) return null;
  const row = newClaim(workspaceId, name, earlier.length, earlier[0]?.ownership_value);
  try {
    await models.Domain.create(row);
  } catch (error) {
    if (isDuplicateKey(error)) return null;
    throw error;
  }
  const ended = {
    workspace_id: workspaceId,
    name,
    _id: { $ne: row._id },
    deleted_at: null,
    state: { $in: FINAL },
  };
  await models.Domain.updateMany(ended, { $set: { deleted_at: row.created_at } });
  return row;
}

function newClaim(workspace_id: string, name: string, earlierClaims: number, value?: string): DomainRow {
  const created_at = new Date();
  const ownership_value = value ?? `postroom-domain=${randomBytes(16).toString('hex')}`;
  return {
    _id: hashOf('domain', workspace_id, name, earlierClaims),
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
