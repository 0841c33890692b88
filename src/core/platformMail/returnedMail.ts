import type { Models } from '../../infra/models/index.ts';
import { hashToken } from '../../lib/tokens.ts';
import type { StoredMail } from '../../mail/storedMail.ts';

/**
 * What begins the Message-Ids of mail with a link that lets its reader in, or with a code
 * (core/access/sendAccessMails.ts, core/addresses/reference.ts).
 */
const SECRET_ID = /^<(?:access|proof)\.[0-9a-f]{32}@([^>@]+)>$/i;
/** The token of a link of ours (core/access/passwordLinks.ts). */
const LINK_TOKEN = /(?:password|join|end-tokens)_[A-Za-z0-9_-]{32}/g;
const MAX_TOKENS = 20;

/**
 * Whether a mail is one of ours that must be read by nobody but its recipient, and has come back: by its
 * Message-Id, or where a forwarder has changed that, by a link in it that works now. A stranger who copies
 * such an id hides nothing but their own mail.
 */
export async function isSecretMailOfOurs(
  models: Models,
  { message_id, text, html }: Pick<StoredMail, 'message_id' | 'text' | 'html'>,
  platformDomain: string,
): Promise<boolean> {
  if (SECRET_ID.exec(message_id ?? '')?.[1]?.toLowerCase() === platformDomain) return true;
  const tokens = [text, html ?? ''].flatMap((part) => firstTokens(part));
  return (
    tokens.length > 0 && (await models.PasswordLink.exists({ _id: { $in: tokens.map(hashToken) } })) !== null
  );
}

function firstTokens(text: string): string[] {
  const tokens: string[] = [];
  for (const [token] of text.matchAll(LINK_TOKEN)) {
    tokens.push(token);
    if (tokens.length === MAX_TOKENS) break;
  }
  return tokens;
}
