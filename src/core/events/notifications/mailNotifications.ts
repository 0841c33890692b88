import { catchAllFor } from '../../domains/catchAll.ts';
import { normaliseAddress, withoutTag } from '../../../mail/addresses.ts';
import type { Models, NotificationRow } from '../../../infra/models/index.ts';
import type { NotificationType } from '../../../infra/models/notification.ts';
import { sendNotice, type NoticeDeps } from '../../platformMail/sendNotice.ts';
import { DAY_MS, MINUTE_MS } from '../../../lib/time.ts';

/** Sent in one go. */
const BATCH = 50;
const AGAIN_MS = 5 * MINUTE_MS;
/** Older ones are no news (ms). */
const GIVE_UP_MS = DAY_MS;

const SUBJECT: Record<NotificationType, string> = {
  new_thread: 'Something new came in',
  new_message: 'A new message',
  assigned: 'Something was assigned to you',
  delivery_failed: 'A reply could not be delivered',
  verified: 'An address or a domain is verified',
  verification_broken: 'An address or a domain needs your attention',
};

/**
 * Mails the notifications of members who want them by mail. Each is taken by one worker and sent once at most: who dies in between
 * sends nothing, and the notification is there all the same. Never to an address that Postroom itself receives: it would be new mail,
 * of which somebody would have to be told.
 */
export async function mailNotifications(
  deps: NoticeDeps & { models: Models },
  signal: AbortSignal,
): Promise<void> {
  const { models } = deps;
  const due = { mail: 'wanted', mail_at: { $lte: new Date() } } as const;
  const rows = await models.Notification.find(due).limit(BATCH).lean<NotificationRow[]>();
  for (const row of rows) {
    const taken = await models.Notification.updateOne(
      { _id: row._id, ...due },
      { $set: { mail: 'sending' } },
    );
    if (taken.modifiedCount === 1) await mail(deps, row, signal);
  }
}

async function mail(
  deps: NoticeDeps & { models: Models },
  row: NotificationRow,
  signal: AbortSignal,
): Promise<void> {
  const { models, platformDomain } = deps;
  const set = (change: Partial<NotificationRow>) =>
    models.Notification.updateOne({ _id: row._id, mail: 'sending' }, { $set: change });
  const user = await models.User.findById(row.user_id).lean();
  const isOld = Date.now() - row.created_at.getTime() > GIVE_UP_MS;
  if (!user || isOld || (await isOurs(models, user.email, platformDomain)))
    return set({ mail: 'failed' }).then(() => undefined);
  const sent = await sendNotice(
    deps,
    {
      to: user.email,
      subject: await subjectOf(models, row),
      text: 'Open Postroom to see it. You get this because your notifications are set to come by mail too.',
      messageId: `<notification.${row._id}@${platformDomain}>`,
    },
    signal,
  ).catch(() => null);
  if (sent?.result === 'accepted') await set({ mail: 'sent' });
  else if (sent?.result === 'not sent')
    await set({ mail: 'wanted', mail_at: new Date(Date.now() + AGAIN_MS) });
  else await set({ mail: 'failed' });
}

/** By itself, without its tag, or because all of its domain's mail comes here. */
async function isOurs(models: Models, email: string, platformDomain: string): Promise<boolean> {
  const address = normaliseAddress(email);
  if (address === null || address.endsWith(`@${platformDomain}`)) return true;
  const named = { address: { $in: [address, withoutTag(address) ?? address] } };
  return (
    (await models.WorkspaceEmail.exists({ ...named, deleted_at: null })) !== null ||
    (await models.ForwardingAddress.exists(named)) !== null ||
    (await catchAllFor(models, address)) !== null
  );
}

/** Numbers, and no words of the mail: it goes over another way than the mail came. */
async function subjectOf(models: Models, { type, thread_kind, thread_id, workspace_id }: NotificationRow) {
  if (thread_kind !== 'ticket') return SUBJECT[type];
  const ticket = await models.Ticket.findOne({ _id: thread_id, workspace_id }, { number: 1 }).lean();
  return ticket ? `${SUBJECT[type]} (ticket ${ticket.number})` : SUBJECT[type];
}
