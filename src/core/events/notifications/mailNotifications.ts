import type { Models, NotificationRow } from '../../../infra/models/index.ts';
import type { NotificationType } from '../../../infra/models/notification.ts';
import { ACCEPTED } from '../../../infra/models/workspace.ts';
import { sendPlatformMail, type PlatformMailDeps } from '../../platformMail/sendPlatformMail.ts';
import { threadPageUrl } from '../../presenters/links.ts';
import { DAY_MS, MINUTE_MS } from '../../../lib/time.ts';

interface NotificationMailDeps extends PlatformMailDeps {
  publicUrl: string;
}

const BATCH = 50;
const RETRY_MS = 5 * MINUTE_MS;
/** An older notification is no news: it is not mailed any more. */
const GIVE_UP_MS = DAY_MS;

const SUBJECTS: Record<NotificationType, string> = {
  new_thread: 'New mail from a customer',
  new_message: 'New reply from a customer',
  assigned: 'Assigned to you',
  mentioned: 'You were mentioned in a note',
  delivery_failed: 'A reply could not be delivered',
  verified: 'An address or domain has been verified',
  verification_broken: 'An address or domain is no longer verified',
  replies_left: 'Messages of a former member wait to be sent',
};
/** What happened, and what to do next; the link follows. */
const SENTENCES: Record<NotificationType, string> = {
  new_thread: 'A new mail has arrived in your workspace. Read it in Postroom:',
  new_message: 'A new message has arrived. Read it in Postroom:',
  assigned: 'A ticket or conversation has been assigned to you. Open it in Postroom:',
  mentioned: 'A colleague has mentioned you in a note. Read it in Postroom:',
  delivery_failed: 'A reply could not be delivered. See the reason in Postroom, and send the reply again:',
  verified: 'An address or domain of your workspace has been verified. See it in Postroom:',
  verification_broken:
    'An address or domain of your workspace is no longer verified. See in Postroom what to correct:',
  replies_left:
    'Somebody is no longer a member of your workspace, but has messages that wait to be sent. They will be ' +
    'sent. See the outbox in Postroom to take them back:',
};
const WHY_MAILED =
  'You receive this mail because you have switched on mail notifications. ' +
  'You can switch them off in the notification settings of your workspace.';

/**
 * Mails the notifications of members who want them by mail. One worker takes each and sends it at most once:
 * if its process dies in between, no mail is sent, and the notification is still shown in the app. No mail
 * goes to an address that Postroom itself receives: it would arrive as new mail, and cause the next
 * notification.
 */
export async function mailNotifications(deps: NotificationMailDeps, signal: AbortSignal): Promise<void> {
  const { models } = deps;
  const due = { mail: 'wanted', mail_at: { $lte: new Date() } } as const;
  const rows = await models.Notification.find(due).limit(BATCH).lean<NotificationRow[]>();
  for (const row of rows) {
    // One that is claimed now would wait five minutes for its next try.
    if (signal.aborted) return;
    const claim = await models.Notification.updateOne(
      { _id: row._id, workspace_id: row.workspace_id, ...due },
      { $set: { mail: 'sending' } },
    );
    if (claim.modifiedCount === 1) await mailNotification(deps, row, signal);
  }
}

async function mailNotification(
  deps: NotificationMailDeps,
  row: NotificationRow,
  signal: AbortSignal,
): Promise<void> {
  const { models, platformDomain, publicUrl } = deps;
  const change = async (set: Partial<NotificationRow>): Promise<void> => {
    const { _id, workspace_id } = row;
    await models.Notification.updateOne({ _id, workspace_id, mail: 'sending' }, { $set: set });
  };
  const user = await models.User.findById(row.user_id).lean();
  const isOld = Date.now() - row.created_at.getTime() > GIVE_UP_MS;
  const member = { workspace_id: row.workspace_id, user_id: row.user_id, shut_at: null, ...ACCEPTED };
  if (!user || isOld || !(await models.Member.exists(member))) return change({ mail: 'failed' });
  const sent = await sendPlatformMail(
    deps,
    {
      to: user.email,
      subject: await subjectOf(models, row),
      text: `${SENTENCES[row.type]}\n${pageOf(row, publicUrl)}\n\n${WHY_MAILED}\n`,
      messageId: `<notification.${row._id}@${platformDomain}>`,
      holds: { kind: 'notification' },
    },
    signal,
  ).catch(() => null);
  if (sent?.result === 'accepted') return change({ mail: 'sent' });
  if (sent?.result === 'not sent')
    return change({ mail: 'wanted', mail_at: new Date(Date.now() + RETRY_MS) });
  return change({ mail: 'failed' });
}

const pageOf = ({ thread_kind, thread_id }: NotificationRow, publicUrl: string): string =>
  thread_kind && thread_id ? threadPageUrl(publicUrl, thread_kind, thread_id) : publicUrl;

/**
 * Names the ticket by its number only: the mail leaves Postroom, so it must hold no subject and no address.
 */
async function subjectOf(models: Models, { type, thread_kind, thread_id, workspace_id }: NotificationRow) {
  if (thread_kind !== 'ticket') return SUBJECTS[type];
  const ticket = await models.Ticket.findOne({ _id: thread_id, workspace_id }, { number: 1 }).lean();
  return ticket ? `${SUBJECTS[type]} (ticket ${ticket.number})` : SUBJECTS[type];
}
