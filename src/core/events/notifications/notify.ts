import type { ConversationRow, EventRow, MemberRow, Models } from '../../../infra/models/index.ts';
import type { MessageRow, NotificationRow } from '../../../infra/models/index.ts';
import { insertNew } from '../../../infra/models/insertNew.ts';
import type { NotificationType } from '../../../infra/models/notification.ts';
import { hashOf } from '../../../lib/ids.ts';
import { threadsOf } from '../../threads/threads.ts';

type Occasion = Pick<NotificationRow, 'type'> & Partial<NotificationRow>;
type About = Pick<MessageRow, 'thread_kind' | 'thread_id'>;

/** Tells people of what happened. Run again it adds nothing: a notification's id is made of event and user. */
export async function notify(models: Models, events: EventRow[]): Promise<void> {
  for (const event of events) {
    const told = await occasionOf(models, event);
    if (!told) continue;
    const { occasion, whom } = told;
    const members = await models.Member.find({ workspace_id: event.workspace_id }).lean<MemberRow[]>();
    const rows = whom(members).map((member) => newNotification(event, occasion, member));
    await insertNew(models.Notification, rows);
  }
}

function newNotification(event: EventRow, occasion: Occasion, member: MemberRow): NotificationRow {
  const { workspace_id } = event;
  return {
    _id: hashOf('notification', event._id, member.user_id),
    workspace_id,
    user_id: member.user_id,
    thread_kind: null,
    thread_id: null,
    message_id: null,
    workspace_email_id: null,
    domain_id: null,
    ...occasion,
    read_at: null,
    mail: member.notify_by_mail ? 'wanted' : null,
    mail_at: event.at,
    created_at: event.at,
  };
}

type Notice = { occasion: Occasion; whom: (members: MemberRow[]) => MemberRow[] } | null;

async function occasionOf(models: Models, event: EventRow): Promise<Notice> {
  switch (event.type) {
    case 'ticket.message_created':
    case 'conversation.message_created':
      return ofMessage(models, event);
    case 'message.delivery_updated':
      return ofFailure(models, event);
    case 'ticket.updated':
    case 'conversation.updated':
      return event.became ? ofAssignment(models, event, event.became) : null;
    case 'email.verified':
    case 'email.expired':
      return ofAddress(models, event);
    case 'domain.verified':
    case 'domain.broken':
      return {
        occasion: { type: proofType(event), domain_id: event.row_id },
        whom: (members) => members.filter(({ role }) => role === 'owner'),
      };
    case 'contact.created':
    case 'contact.updated':
    case 'contact.deleted':
    case 'ticket.created':
    case 'ticket.deleted':
    case 'conversation.created':
    case 'conversation.deleted':
    case 'notification.created':
    case 'notification.updated':
    case 'notification.deleted':
      return null;
  }
}

const proofType = ({ type }: EventRow): NotificationType =>
  type.endsWith('.verified') ? 'verified' : 'verification_broken';

/** Of what came in from a person: nobody is told of automatic mail, so no notice can answer another. */
async function ofMessage(models: Models, event: EventRow): Promise<Notice> {
  const message = await models.Message.findOne(
    { _id: event.row_id, workspace_id: event.workspace_id },
    { direction: 1, auto_reply: 1, list_mail: 1, spam: 1, opens: 1, thread_kind: 1, thread_id: 1 },
  ).lean<MessageRow>();
  if (message?.direction !== 'inbound') return null;
  if (message.auto_reply || message.list_mail || message.spam) return null;
  return aboutMessage(models, event, message, message.opens ? 'new_thread' : 'new_message');
}

/** What it became by this change, not what it is now: changes are often handled together. */
async function ofFailure(models: Models, event: EventRow): Promise<Notice> {
  if (event.became !== 'failed') return null;
  const message = await models.Message.findOne(
    { _id: event.row_id, workspace_id: event.workspace_id },
    { thread_kind: 1, thread_id: 1 },
  ).lean<MessageRow>();
  return message ? aboutMessage(models, event, message, 'delivery_failed') : null;
}

/** The owner of a personal conversation; else the agent, or all where there is none who is still a member. */
async function aboutMessage(
  models: Models,
  event: EventRow,
  { thread_kind, thread_id }: About,
  type: NotificationType,
): Promise<Notice> {
  const thread = await readThread(models, event.workspace_id, { thread_kind, thread_id });
  const whom = (members: MemberRow[]): MemberRow[] => {
    const named = members.filter(({ user_id }) => user_id === (event.owner_id ?? thread?.agent_id));
    return named.length > 0 || event.owner_id !== null ? named : members;
  };
  return { occasion: { type, thread_kind, thread_id, message_id: event.row_id }, whom };
}

async function ofAssignment(models: Models, event: EventRow, agent: string): Promise<Notice> {
  const thread_kind = event.type === 'ticket.updated' ? 'ticket' : 'conversation';
  const about = { thread_kind, thread_id: event.row_id } as const;
  const thread = await readThread(models, event.workspace_id, about);
  // It is somebody else's by now, who is told by another event.
  if (thread?.agent_id !== agent || (event.owner_id !== null && event.owner_id !== agent)) return null;
  return {
    occasion: { type: 'assigned', ...about },
    whom: (members) => members.filter(({ user_id }) => user_id === agent),
  };
}

/** The owners, and whose address it is. */
async function ofAddress(models: Models, event: EventRow): Promise<Notice> {
  const email = await models.WorkspaceEmail.findOne(
    { _id: event.row_id, workspace_id: event.workspace_id },
    { user_id: 1 },
  ).lean();
  return {
    occasion: { type: proofType(event), workspace_email_id: event.row_id },
    whom: (members) => members.filter(({ role, user_id }) => role === 'owner' || user_id === email?.user_id),
  };
}

/** Null where it is not made yet: a message is stored before the thread that it opens. */
const readThread = (models: Models, workspace_id: string, { thread_kind, thread_id }: About) =>
  threadsOf(models, thread_kind)
    .findOne({ _id: thread_id, workspace_id }, { agent_id: 1 })
    .lean<Pick<ConversationRow, 'agent_id'> | null>();
