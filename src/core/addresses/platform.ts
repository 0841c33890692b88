import { randomInt } from 'node:crypto';
import type { Models } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import { withoutTag } from '../../mail/addresses.ts';
import { Unfit } from '../replies/draft.ts';
import { FOR_OPERATOR, isReserved } from './reserved.ts';

/** Prefix of forwarding addresses. No other address may have it, because it would be mistaken for one. */
export const FORWARDING_PREFIX = 'fwd-';
/** A plain dot-atom (RFC 5321 4.1.2) without `+`, which begins a tag. */
const LOCAL_PART = /^[a-z0-9](?:[a-z0-9_-]|\.(?!\.)){0,62}$/;

/** @returns why a workspace cannot have this local part, or null. */
function whyNotLocalPart(local: string): string | null {
  if (isReserved(local) || local.startsWith(FORWARDING_PREFIX)) return 'is reserved: choose another one';
  if (!LOCAL_PART.test(local) || local.endsWith('.'))
    return 'must have only letters, digits, dots, hyphens and underscores before the @, 63 at most';
  return null;
}

/** Whether mail to an address, with or without a tag, is the operator's alone. @param address normalised */
export function isForOperator(address: string, platformDomain: string): boolean {
  const [local = '', domain] = (withoutTag(address) ?? address).split('@');
  return domain === platformDomain && FOR_OPERATOR.has(local);
}

/** Whether a domain is the platform's own, or above or below it: no workspace may claim such a domain. */
export const isPlatforms = (name: string, platformDomain: string): boolean =>
  name === platformDomain || name.endsWith(`.${platformDomain}`) || platformDomain.endsWith(`.${name}`);

/**
 * Gives an address on the platform's domain to the workspace. The claim is never deleted: mail to an address
 * that was deleted must not reach another workspace. Idempotent.
 * @returns false when another workspace has or had the address.
 */
export async function claimAddress(models: Models, address: string, workspaceId: string): Promise<boolean> {
  try {
    await models.PlatformAddress.create({ _id: address, workspace_id: workspaceId, created_at: new Date() });
    return true;
  } catch (error) {
    if (!isDuplicateKey(error)) throw error;
    return (await models.PlatformAddress.exists({ _id: address, workspace_id: workspaceId })) !== null;
  }
}

/**
 * Claims an address that a request asks for. Whoever has `acme@` has all of `….acme@`: where a name is taken,
 * a workspace still has it before its own slug.
 * @param field the request's field, named in the error. @throws Unfit when the workspace cannot have the
 * address.
 */
export async function takeAddress(
  models: Models,
  field: string,
  address: string,
  workspaceId: string,
): Promise<void> {
  const reason = whyNotLocalPart(address.slice(0, address.lastIndexOf('@')));
  if (reason !== null) throw new Unfit(field, reason);
  const [local = '', domain = ''] = address.split('@');
  const behind = local.includes('.') ? `${local.slice(local.lastIndexOf('.') + 1)}@${domain}` : null;
  const holder = behind && (await models.PlatformAddress.findById(behind).lean());
  if (holder && holder.workspace_id !== workspaceId)
    throw new Unfit(field, `is not available: what ends in .${behind} belongs to the workspace of ${behind}`);
  if (!(await claimAddress(models, address, workspaceId)))
    throw new Unfit(field, `is not available: ${address} belongs to another workspace. ${await other()}`);

  async function other(): Promise<string> {
    const slug = (await models.Workspace.findById(workspaceId, { slug: 1 }).lean())?.slug;
    return slug ? `Yours may be ${local}.${slug}@${domain}` : 'Choose another one';
  }
}

/** Eight letters and digits without look-alikes (l and 1, o and 0), beginning with a letter. */
export function newSlug(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz';
  const pick = (from: string) => from[randomInt(from.length)] as string;
  return pick(letters) + Array.from({ length: 7 }, () => pick(`${letters}23456789`)).join('');
}
