import { hashOf } from '../../lib/ids.ts';
import { ownersOf } from './owners.ts';
import { sendPlatformMail, type PlatformMailDeps } from './sendPlatformMail.ts';

/** A mail to all owners of a workspace. */
export interface OwnersMail {
  /**
   * Names the occasion. It makes the Message-Id, so mail programs show a retry of the same occasion only
   * once.
   */
  key: string;
  subject: string;
  text: string;
}

/**
 * Sends the mail to every owner.
 * @returns false when the provider did not take one of the mails: retry later.
 */
export async function mailOwners(
  deps: PlatformMailDeps,
  workspaceId: string,
  { key, subject, text }: OwnersMail,
  signal: AbortSignal,
): Promise<boolean> {
  const { models, platformDomain } = deps;
  let isComplete = true;
  for (const { _id, email } of await ownersOf(models, workspaceId)) {
    const messageId = `<notice.${hashOf(key, _id)}@${platformDomain}>`;
    const mail = { to: email, subject, text, messageId, holds: { kind: 'notice' } as const };
    const sent = await sendPlatformMail(deps, mail, signal);
    if (sent.result === 'not sent') isComplete = false;
  }
  return isComplete;
}
