import type { ClientSession } from 'mongoose';
import type { AccessMailRow, Models, UserRow } from '../../infra/models/index.ts';
import { once } from '../../infra/models/once.ts';
import { newId } from '../../lib/ids.ts';
import { DAY_MS } from '../../lib/time.ts';

/** How long a mail is retried while the provider does not take it; then somebody must request it again. */
const GIVE_UP_MS = DAY_MS;
export const giveUpAt = ({ wanted_at }: AccessMailRow): number => wanted_at.getTime() + GIVE_UP_MS;

export const invitationId = (workspaceId: string, userId: string): string =>
  `invitation/${workspaceId}/${userId}`;

const wanted = (now: Date) => ({
  state: 'wanted' as const,
  reason: null,
  tries: 0,
  next_try_at: now,
  wanted_at: now,
  created_at: now,
});

/** Requests an invitation mail to a member, also a second one. The worker sends it (sendAccessMails.ts). */
export async function wantInvitation(
  models: Models,
  { workspaceId, userId, email }: { workspaceId: string; userId: string; email: string },
): Promise<void> {
  const invitation = { kind: 'invitation', email, workspace_id: workspaceId };
  await once(() =>
    models.AccessMail.updateOne(
      { _id: invitationId(workspaceId, userId) },
      { $set: { ...invitation, ...wanted(new Date()) } },
      { upsert: true },
    ),
  );
}

/**
 * Requests a mail with a link to set a new password. Whether a user has this address is checked only when the
 * mail is sent, so that the API's answer cannot reveal it.
 */
export async function wantReset(models: Models, email: string): Promise<void> {
  await models.AccessMail.create({
    _id: newId(),
    kind: 'reset' as const,
    email,
    workspace_id: null,
    sent_at: null,
    ...wanted(new Date()),
  });
}

/**
 * Requests a mail that lists the API tokens of a user which are still valid, with a link that ends them. None
 * is sent where there are none.
 */
export async function wantTokenList(
  models: Models,
  { _id, email }: Pick<UserRow, '_id' | 'email'>,
  session?: ClientSession,
): Promise<void> {
  await models.AccessMail.updateOne(
    { _id: `tokens/${_id}` },
    { $set: { kind: 'tokens', email, workspace_id: null, sent_at: null, ...wanted(new Date()) } },
    { upsert: true, ...(session && { session }) },
  );
}
