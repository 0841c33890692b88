import type { Models, WorkspaceEmailRow } from '../../infra/models/index.ts';
import { DAY_MS } from '../../lib/time.ts';
import { domainPart, normaliseAddress, withoutTag } from '../../mail/addresses.ts';

/** How long an address must have been a user's own before a link that lets them in is mailed to it. */
export const OWN_FOR_DAYS = 30;

/** Where the mail to an address goes, as far as Postroom receives it. */
interface Receipt {
  /** Postroom receives it: others than the address's owner may read it. */
  isReceived: boolean;
  /** The verified addresses of workspaces that it goes to: itself, and without its tag. */
  emails: WorkspaceEmailRow[];
}

/**
 * Whether Postroom receives the mail to an address: it is on the platform's domain, is an address of a
 * workspace (itself or without its tag), is forwarded here, or is caught by its domain's catch-all. An address
 * that a workspace has added but not verified does not count: otherwise anybody could cut a stranger off from
 * their mail.
 * @param address normalised
 */
export async function receiptOf(models: Models, address: string, platformDomain: string): Promise<Receipt> {
  const domain = domainPart(address);
  const named = { address: { $in: [address, withoutTag(address) ?? address] } };
  const verified = { ...named, deleted_at: null, $or: [{ proved_at: { $ne: null } }, { can_receive: true }] };
  const [emails, forwarding, catchAll] = await Promise.all([
    models.WorkspaceEmail.find(verified).lean<WorkspaceEmailRow[]>(),
    models.ForwardingAddress.exists(named),
    models.Domain.exists({
      name: domain,
      deleted_at: null,
      owned_at: { $ne: null },
      receiving: true,
      catch_all_id: { $ne: null },
    }),
  ]);
  const isPlatforms = domain === platformDomain || domain.endsWith(`.${platformDomain}`);
  return { isReceived: isPlatforms || emails.length > 0 || Boolean(forwarding ?? catchAll), emails };
}

/**
 * The user's own personal address: it receives, and has been theirs for 30 days. A shorter time would let an
 * owner make an address somebody's for as long as the mail takes.
 */
export function isOwnAddress(email: WorkspaceEmailRow, userId: string, now = Date.now()): boolean {
  const { user_id, team_id, purpose, active, can_receive, created_at, user_changed_at, proved_at } = email;
  const times = [created_at, user_changed_at, proved_at].map((at) => at?.getTime() ?? 0);
  const isOld = Math.max(...times) <= now - OWN_FOR_DAYS * DAY_MS;
  return user_id === userId && team_id === null && purpose === 'inbox' && active && can_receive && isOld;
}

/**
 * Why no link that lets a user in may be mailed to an address: others could read it. Null: it may.
 * @param userId of the user with this login; null: there is none yet
 * @returns the rest of a sentence that begins with the address or its field
 */
export async function whyNoAccessMail(
  models: Models,
  { email, userId }: { email: string; userId: string | null },
  platformDomain: string,
): Promise<string | null> {
  const address = normaliseAddress(email);
  if (address === null) return 'is not an email address';
  const { isReceived, emails } = await receiptOf(models, address, platformDomain);
  if (!isReceived) return null;
  const [only] = emails;
  const isOwn = emails.length === 1 && only?.address === address && userId && isOwnAddress(only, userId);
  return isOwn
    ? null
    : 'is an address whose mail Postroom receives, so others may read the links that are mailed to it; ' +
        'use an address outside Postroom';
}
