import type { ClientSession } from 'mongoose';
import { ACCEPTED } from '../../../infra/models/workspace.ts';
import { hasWaitingReplies } from '../../replies/stop.ts';
import { collectionOf, type MemberRow, type Models } from '../../../infra/models/index.ts';
import { newId } from '../../../lib/ids.ts';
import { newNotification, notificationEvents } from './createNotifications.ts';

/**
 * Notifies the owners that a member who is being removed has messages which wait to be sent: they will be
 * sent. Part of the transaction that removes the member. Says nothing about the messages: they may be
 * personal.
 */
export async function notifyOfRepliesLeft(
  models: Models,
  { workspace_id, user_id }: Pick<MemberRow, 'workspace_id' | 'user_id'>,
  session: ClientSession,
): Promise<void> {
  if (!(await hasWaitingReplies(models, { workspace_id, author_id: user_id }, session))) return;
  const owners = await models.Member.find({ workspace_id, role: 'owner', ...ACCEPTED }, null, {
    session,
  }).lean<MemberRow[]>();
  const event = { _id: newId(), workspace_id, actor_id: user_id, at: new Date() };
  const notifications = owners
    .filter((owner) => owner.user_id !== user_id)
    .map((owner) => newNotification(event, { type: 'replies_left' }, owner));
  if (notifications.length === 0) return;
  await collectionOf(models.Notification).insertMany(notifications, { session });
  await collectionOf(models.Event).insertMany(notificationEvents({ event, notifications }), { session });
}
