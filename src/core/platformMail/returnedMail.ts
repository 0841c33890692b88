import type { Models } from '../../infra/models/index.ts';
import type { StoredMail } from '../../mail/storedMail.ts';

/**
 * What begins the Message-Ids of mail with a link that lets its reader in, or with a code
 * (core/access/sendAccessMails.ts, core/addresses/reference.ts).
 */
const SECRET_ID = /^<(?:access|proof)\.[0-9a-f]{32}@([^>@]+)>$/i;

/**
 * Whether a mail is one of ours that must be read by nobody but its recipient, and has come back: by its
 * Message-Id, or where a forwarder has changed that, by a link in it that works now. A stranger who copies
 * such an id hides nothing but their own mail.
 */
export async function isSecretMailOfOurs(
  models: Models,
  { message_id, link_hashes = [] }: Pick<StoredMail, 'message_id' | 'link_hashes'>,
  platformDomain: string,
): Promise<boolean> {
  const [, domain = ''] = SECRET_ID.exec(message_id ?? '') ?? [];
  if (domain.toLowerCase() === platformDomain) return true;
  if (link_hashes.length === 0) return false;
  return (await models.PasswordLink.exists({ _id: { $in: link_hashes } })) !== null;
}
