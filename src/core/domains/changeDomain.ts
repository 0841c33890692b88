import { nextLookAt } from '../../infra/dns/lookGap.ts';
import type { DomainRow, Models } from '../../infra/models/index.ts';
import { Unfit } from '../replies/draft.ts';
import { catchAllOf } from './catchAll.ts';
import { updateAddressesOnDomain } from './addressesOnDomain.ts';

const NOT_OWNED = 'can be chosen once the ownership record was found';
const NO_CATCH_ALL = 'must be the id of an address of the workspace that is not personal';

/**
 * Settings that an owner may change, and what the change depends on. Records and looks change by themselves.
 */
export const settingsOf = ({
  state,
  owned_at,
  catch_all_id,
}: Pick<DomainRow, 'state' | 'owned_at' | 'catch_all_id'>) => ({ state, owned_at, catch_all_id });

/**
 * @param catchAll id of an address, or null.
 * @throws Unfit when it may not be the catch-all of this domain
 */
export async function catchAllChange(
  models: Models,
  { workspace_id, owned_at }: DomainRow,
  catchAll: string | null,
): Promise<Partial<DomainRow>> {
  if (catchAll !== null) {
    if (owned_at === null) throw new Unfit('catch_all', NOT_OWNED);
    if (!(await catchAllOf(models, workspace_id, catchAll))) throw new Unfit('catch_all', NO_CATCH_ALL);
  }
  return { catch_all_id: catchAll };
}

/** Writes a change if the settings are as they were read. @returns null when they are not */
export function writeDomainChange(
  models: Models,
  { _id, workspace_id, ...row }: DomainRow,
  change: object,
): Promise<DomainRow | null> {
  return models.Domain.findOneAndUpdate(
    { _id, workspace_id, deleted_at: null, ...settingsOf(row) },
    { $set: change },
    { returnDocument: 'after' },
  ).lean<DomainRow>();
}

/**
 * Requests a look at a domain's records.
 * @returns whether its run must be woken: of concurrent requests one is
 */
export async function wantDomainLook(
  models: Models,
  { _id, checked_at, check_wanted_at }: DomainRow,
): Promise<boolean> {
  const dueAt = nextLookAt(checked_at, check_wanted_at);
  if (!dueAt) return false;
  const { modifiedCount } = await models.Domain.updateOne(
    { _id, deleted_at: null, check_wanted_at },
    { $set: { check_wanted_at: dueAt, wants_start: true } },
  );
  return modifiedCount === 1;
}

/**
 * Deletes a domain: its addresses stop at once. Its run then removes it at the provider.
 * @returns the deleted row; null when another request deleted it meanwhile
 */
export async function deleteDomain(
  models: Models,
  { _id, workspace_id }: DomainRow,
): Promise<DomainRow | null> {
  const deleted = await models.Domain.findOneAndUpdate(
    { _id, workspace_id, deleted_at: null },
    { $set: { deleted_at: new Date(), wants_start: true, notices: [] } },
    { returnDocument: 'after' },
  ).lean<DomainRow>();
  if (deleted) await updateAddressesOnDomain(models, deleted.name);
  return deleted;
}
