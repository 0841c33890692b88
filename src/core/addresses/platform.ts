import { randomInt } from 'node:crypto';
import type { Models } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { Unfit } from '../replies/draft.ts';

/** Local parts on the platform's domain that are nobody's (RFC 2142, and what the platform itself sends as). */
const RESERVED = new Set(
  'postmaster abuse mailer-daemon noreply hostmaster webmaster security root admin'.split(' '),
);
/** Mail to these is for the operator (RFC 2142 asks for both), and never a ticket. */
const FOR_OPERATOR = new Set(['postmaster', 'abuse']);
/** What forwarding addresses begin with: an address that looks like one would mislead. */
export const FORWARDING_PREFIX = 'fwd-';
/** A plain dot-atom (RFC 5321 4.1.2) without `+`: what comes after that is a tag. */
const LOCAL_PART = /^[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,62}$/;

/** @returns why a workspace cannot have this local part, or null. */
function whyNotLocalPart(local: string): string | null {
  if (RESERVED.has(local) || local.startsWith(FORWARDING_PREFIX)) return 'is reserved';
  if (!LOCAL_PART.test(local) || local.endsWith('.'))
    return 'must have letters, digits, dots, hyphens and underscores before the @, 63 at most';
  return null;
}

export function isForOperator(address: string, platformDomain: string): boolean {
  const [local = '', domain] = address.split('@');
  return domain === platformDomain && FOR_OPERATOR.has(local);
}

/** Whether it is the platform's own domain, one above it, or one below it: nobody's to claim. */
export const isPlatforms = (name: string, platformDomain: string): boolean =>
  name === platformDomain || name.endsWith(`.${platformDomain}`) || platformDomain.endsWith(`.${name}`);

/** Makes an address on the platform's domain the workspace's for ever. @returns false when it is another's. */
export async function claimAddress(models: Models, address: string, workspaceId: string): Promise<boolean> {
  try {
    // Given before claims were kept.
    const others = { address, workspace_id: { $ne: workspaceId } };
    if (await models.WorkspaceEmail.exists(others)) return false;
    if (await models.ForwardingAddress.exists(others)) return false;
    await models.PlatformAddress.create({ _id: address, workspace_id: workspaceId, created_at: new Date() });
    return true;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return (await models.PlatformAddress.exists({ _id: address, workspace_id: workspaceId })) !== null;
  }
}

/** @throws Unfit when the workspace cannot have it. @param field that names the address in the request. */
export async function takeAddress(
  models: Models,
  field: string,
  address: string,
  workspaceId: string,
): Promise<void> {
  const why = whyNotLocalPart(address.slice(0, address.lastIndexOf('@')));
  if (why !== null) throw new Unfit(field, why);
  if (!(await claimAddress(models, address, workspaceId)))
    throw new Unfit(field, `is not free: ${address} was given to somebody else`);
}

/** Eight letters and digits that are not taken for one another, beginning with a letter. */
export function newSlug(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz';
  const pick = (from: string) => from[randomInt(from.length)] as string;
  return pick(letters) + Array.from({ length: 7 }, () => pick(`${letters}23456789`)).join('');
}
