import type { Models } from '../../infra/models/index.ts';
import { hashOf } from '../../lib/ids.ts';
import { ownersOf } from './owners.ts';
import { sendNotice, type NoticeDeps } from './sendNotice.ts';

/** What all owners of a workspace are told. */
export interface OwnersNotice {
  /** Names the occasion: the same one told again is folded by mail programs. */
  key: string;
  subject: string;
  text: string;
}

/** Mails it to every owner. @returns false when the provider was away for one of them: then it is to be told again, later. */
export async function mailOwners(
  deps: NoticeDeps & { models: Models },
  workspaceId: string,
  { key, subject, text }: OwnersNotice,
  signal: AbortSignal,
): Promise<boolean> {
  const { models, platformDomain } = deps;
  let told = true;
  for (const { _id, email } of await ownersOf(models, workspaceId)) {
    const messageId = `<notice.${hashOf(key, _id)}@${platformDomain}>`;
    const sent = await sendNotice(deps, { to: email, subject, text, messageId }, signal);
    if (sent.result === 'not sent') told = false;
  }
  return told;
}
