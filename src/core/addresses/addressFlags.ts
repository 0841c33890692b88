import { isDeepStrictEqual } from 'node:util';
import {
  collectionOf,
  type DomainRow,
  type Models,
  type WorkspaceEmailRow,
} from '../../infra/models/index.ts';
import { domainPart } from '../../mail/addresses.ts';
import { claimReceiving, holdsReceiving, releaseReceiving } from './receiving.ts';

/** What is proved of an address. An owner may switch off what is proved, and on again. */
export interface Proved {
  /** It is the workspace's: one of a domain is as long as the domain is. */
  owned: boolean;
  receive: boolean;
  send: boolean;
}

/** The workspace's claim on a domain, where it is the owner's. */
export function ownedDomain(models: Models, workspaceId: string, name: string): Promise<DomainRow | null> {
  return models.Domain.findOne({
    workspace_id: workspaceId,
    name,
    deleted_at: null,
    owned_at: { $ne: null },
  }).lean<DomainRow>();
}

/**
 * Platform addresses do both at once. One elsewhere receives when it is proved (forwarding) or its MX leads here (domain), and sends
 * when its domain's DKIM and SPF are right.
 */
export async function provedOf(models: Models, email: WorkspaceEmailRow): Promise<Proved> {
  const owned = email.proved_at !== null;
  if (email.deleted_at !== null) return { owned, receive: false, send: false };
  if (email.kind === 'platform') return { owned, receive: true, send: true };
  if (email.kind === 'forwarding' && !owned) return { owned, receive: false, send: false };
  const domain = await ownedDomain(models, email.workspace_id, domainPart(email.address));
  const send = domain?.sending ?? false;
  if (email.kind === 'forwarding') return { owned, receive: true, send };
  return { owned: domain !== null, receive: domain?.receiving ?? false, send };
}

/** What of it is switched on, too. */
async function wantedOf(models: Models, email: WorkspaceEmailRow): Promise<Proved> {
  const { owned, receive, send } = await provedOf(models, email);
  return { owned, receive: receive && !email.receive_off, send: send && !email.send_off };
}

/**
 * Brings `can_receive` and `can_send` of an address to what is proved and switched on now. Any number of times, and beside itself.
 * @returns false when another workspace receives for this address: then this one does not.
 */
export async function applyFlags(models: Models, id: string): Promise<boolean> {
  const emails = collectionOf(models.WorkspaceEmail);
  for (let email = await emails.findOne({ _id: id }); email;) {
    const wanted = await wantedOf(models, email);
    const isFree = await setFlags(models, email, wanted);
    // Whatever changed meanwhile may have been written over just now by what was read before it.
    email = await emails.findOne({ _id: id });
    const now = email && (await wantedOf(models, email));
    if (!now || isDeepStrictEqual(now, wanted)) return isFree;
  }
  return true;
}

async function setFlags(models: Models, email: WorkspaceEmailRow, wanted: Proved): Promise<boolean> {
  const emails = collectionOf(models.WorkspaceEmail);
  const isWrong =
    email.kind === 'domain' && email.deleted_at === null && wanted.owned !== (email.proved_at !== null);
  // Its mail is skipped, not held: nobody is about to prove it.
  const proof = wanted.owned
    ? { proved_at: new Date(), expired_at: null }
    : { proved_at: null, expired_at: new Date() };
  if (isWrong) await emails.updateOne({ _id: email._id }, { $set: proof });
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
