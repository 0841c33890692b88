import { isDeepStrictEqual } from 'node:util';
import {
  collectionOf,
  type DomainRow,
  type Models,
  type WorkspaceEmailRow,
} from '../../infra/models/index.ts';
import { domainPart } from '../../mail/addresses.ts';
import { claimReceiving, holdsReceiving, releaseReceiving } from './receiving.ts';

/** What an address is proved to be able to do. An owner may switch each right off, and on again. */
export interface AddressRights {
  /**
   * The address belongs to the workspace. One of kind `domain` does as long as the workspace owns the domain.
   */
  owned: boolean;
  receive: boolean;
  send: boolean;
}

/** The workspace's claim on a domain, if its ownership is proved. */
export function ownedDomain(models: Models, workspaceId: string, name: string): Promise<DomainRow | null> {
  return models.Domain.findOne({
    workspace_id: workspaceId,
    name,
    deleted_at: null,
    owned_at: { $ne: null },
  }).lean<DomainRow>();
}

/**
 * Platform addresses can receive and send at once. Others receive when they are proved (forwarding) or their
 * domain's MX points to the provider (domain), and send when their domain's DKIM and SPF are right.
 */
export async function provedRights(models: Models, email: WorkspaceEmailRow): Promise<AddressRights> {
  const owned = email.proved_at !== null;
  if (email.deleted_at !== null) return { owned, receive: false, send: false };
  if (email.kind === 'platform') return { owned, receive: true, send: true };
  if (email.kind === 'forwarding' && !owned) return { owned, receive: false, send: false };
  const domain = await ownedDomain(models, email.workspace_id, domainPart(email.address));
  const send = domain?.sending ?? false;
  if (email.kind === 'forwarding') return { owned, receive: true, send };
  return { owned: domain !== null, receive: domain?.receiving ?? false, send };
}

/** The proved rights that are switched on, too. */
async function activeRights(models: Models, email: WorkspaceEmailRow): Promise<AddressRights> {
  const { owned, receive, send } = await provedRights(models, email);
  return { owned, receive: receive && !email.receive_off, send: send && !email.send_off };
}

/**
 * Sets `can_receive` and `can_send` of an address to what is proved and switched on now. Idempotent; safe to
 * call concurrently.
 * @returns false when the address should receive but cannot, because another workspace receives for it.
 */
export async function updateAddressFlags(models: Models, id: string): Promise<boolean> {
  const emails = collectionOf(models.WorkspaceEmail);
  for (let email = await emails.findOne({ _id: id }); email;) {
    const wanted = await activeRights(models, email);
    const isFree = await writeFlags(models, email, wanted);
    // A change since the read above may just have been overwritten with outdated flags: read again and
    // compare.
    email = await emails.findOne({ _id: id });
    const current = email && (await activeRights(models, email));
    if (!current || isDeepStrictEqual(current, wanted)) return isFree;
  }
  return true;
}

async function writeFlags(models: Models, email: WorkspaceEmailRow, wanted: AddressRights): Promise<boolean> {
  const emails = collectionOf(models.WorkspaceEmail);
  const isOutdated =
    email.kind === 'domain' && email.deleted_at === null && wanted.owned !== (email.proved_at !== null);
  // `expired_at` makes mail to it skipped, not held: no proof is under way.
  const proof = wanted.owned
    ? { proved_at: new Date(), expired_at: null }
    : { proved_at: null, expired_at: new Date() };
  if (isOutdated) await emails.updateOne({ _id: email._id }, { $set: proof });
  const receive = wanted.receive && (await claimReceiving(models, email));
  const taken = wanted.receive && !receive;
  await emails.updateOne(
    { _id: email._id },
    { $set: { can_receive: receive, can_send: wanted.send, taken } },
  );
  if (!receive) await releaseReceiving(models, email);
  else if (!(await holdsReceiving(models, email))) {
    await emails.updateOne({ _id: email._id }, { $set: { can_receive: false, taken: true } });
    return false;
  }
  return receive || !wanted.receive;
}
