import type { ConversationRow, EventRow, MemberRow, Models } from '../../../infra/models/index.ts';
import type { MessageRow, NoteRow, NotificationRow } from '../../../infra/models/index.ts';
import { insertNew } from '../../../infra/models/insertNew.ts';
import type { NotificationType } from '../../../infra/models/notification.ts';
import { hashOf } from '../../../lib/ids.ts';
import { ACCEPTED } from '../../../infra/models/workspace.ts';
import { threadsOf } from '../../threads/threads.ts';

type Content = Pick<NotificationRow, 'type'> & Partial<NotificationRow>;
type ThreadRef = Pick<MessageRow, 'thread_kind' | 'thread_id'>;

/** What a notification keeps of its event. */
type Occasion = Pick<EventRow, '_id' | 'workspace_id' | 'actor_id' | 'at'>;

/** An event of which members are notified, and their notifications. */
interface Planned<Event extends Occasion = EventRow> {
  event: Event;
  notifications: NotificationRow[];
}

/**
 * Notifies members of events, and their clients of the notifications: one event for all the notifications of
 * an event. Idempotent: a notification's id is made of the event and the user.
 */
export async function createNotifications(models: Models, events: EventRow[]): Promise<void> {
  const readMembers = memberReader(models);
  const planned: Planned[] = [];
  for (const event of events) {
    const plan = await planFor(models, event);
    if (!plan) continue;
    const members = (await readMembers(event.workspace_id)).filter((member) => mayKnow(member, event));
    const notifications = plan
      .recipients(members)
      .map((member) => newNotification(event, plan.content, member));
    planned.push({ event, notifications });
  }
  await insertNew(
    models.Notification,
    planned.flatMap(({ notifications }) => notifications),
  );
  await insertNew(models.Event, (await withoutEarlier(models, planned)).flatMap(notificationEvents));
}

/** Reads the members of each workspace once. */
function memberReader(models: Models): (workspaceId: string) => Promise<MemberRow[]> {
  const known = new Map<string, MemberRow[]>();
  return async (workspace_id) => {
    const members =
      known.get(workspace_id) ??
      (await models.Member.find({ workspace_id, ...ACCEPTED }).lean<MemberRow[]>());
    known.set(workspace_id, members);
    return members;
  };
}

/**
 * Without the notifications that an earlier event made: a note that is changed mentions again whom it
 * mentioned before (`notificationId`).
 */
async function withoutEarlier(models: Models, planned: Planned[]): Promise<Planned[]> {
  const mentions = planned.flatMap(({ notifications }) =>
    notifications.filter(({ type }) => type === 'mentioned').map(({ _id }) => _id),
  );
  if (mentions.length === 0) return planned;
  const workspaces = [...new Set(planned.map(({ event }) => event.workspace_id))];
  const stored = await models.Notification.find(
    { workspace_id: { $in: workspaces }, _id: { $in: mentions } },
    { created_at: 1 },
  ).lean<Pick<NotificationRow, '_id' | 'created_at'>[]>();
  const madeAt = new Map(stored.map(({ _id, created_at }) => [_id, created_at.getTime()]));
  return planned.map(({ event, notifications }) => ({
    event,
    notifications: notifications.filter(
      ({ _id, type }) => type !== 'mentioned' || madeAt.get(_id) === event.at.getTime(),
    ),
  }));
}

/** The one event of the notifications of an event. */
export function notificationEvents({ event, notifications }: Planned<Occasion>): EventRow[] {
  const [first] = notifications;
  if (!first) return [];
  const type = 'notification.created';
  return [
    {
      _id: hashOf('event', type, event._id),
      workspace_id: event.workspace_id,
      audiences: notifications.map(({ user_id }) => `owner:${user_id}`),
      readers: notifications.map(({ user_id, _id }) => ({ user_id, row_id: _id })),
      type,
      row_id: event._id,
      thread_kind: first.thread_kind,
      thread_id: first.thread_id,
      owner_id: null,
      changed: [],
      became: null,
      actor_id: null,
      at: event.at,
    },
  ];
}

/** Only the members of a team are notified of what is the team's. */
function mayKnow({ team_ids }: MemberRow, { audiences }: EventRow): boolean {
  const teams = audiences.filter((audience) => audience.startsWith('team:'));
  return teams.length < audiences.length || team_ids.some((id) => teams.includes(`team:${id}`));
}

/** Of the event and the member; a note notifies each member whom it mentions once. */
const notificationId = (event: Occasion, { type, message_id }: Content, { user_id }: MemberRow): string =>
  type === 'mentioned'
    ? hashOf('notification', 'mentioned', message_id, user_id)
    : hashOf('notification', event._id, user_id);

/** The notification of a member. */
export function newNotification(event: Occasion, content: Content, member: MemberRow): NotificationRow {
  const { workspace_id } = event;
  return {
    _id: notificationId(event, content, member),
    workspace_id,
    user_id: member.user_id,
    thread_kind: null,
    thread_id: null,
    message_id: null,
    workspace_email_id: null,
    domain_id: null,
    actor_id: event.actor_id,
    ...content,
    read_at: null,
    mail: member.notify_by_mail ? 'wanted' : null,
    mail_at: event.at,
    created_at: event.at,
  };
}

/** What an event notifies of, and which of the workspace's members; null: nobody. */
type Plan = { content: Content; recipients: (members: MemberRow[]) => MemberRow[] } | null;

async function planFor(models: Models, event: EventRow): Promise<Plan> {
  switch (event.type) {
    case 'ticket.message_created':
    case 'conversation.message_created':
      return forMessage(models, event);
    case 'message.updated':
      return forMentions(models, event);
    case 'message.delivery_updated':
      return forDeliveryFailure(models, event);
    case 'ticket.updated':
    case 'conversation.updated':
      return event.became ? forAssignment(models, event, event.became) : null;
    case 'email.verified':
    case 'email.expired':
      return forAddress(models, event);
    case 'domain.verified':
    case 'domain.broken':
      return {
        content: { type: proofType(event), domain_id: event.row_id },
        recipients: (members) => members.filter(({ role }) => role === 'owner'),
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

/**
 * Only mail from people: automatic mail notifies nobody, so that a mailed notification cannot cause another
 * one.
 */
async function forMessage(models: Models, event: EventRow): Promise<Plan> {
  const message = await models.Message.findOne(
    { _id: event.row_id, workspace_id: event.workspace_id },
    { direction: 1, auto_reply: 1, list_mail: 1, spam: 1, opens: 1, thread_kind: 1, thread_id: 1 },
  ).lean<MessageRow>();
  if (message?.direction === 'note') return forMentions(models, event);
  if (message?.direction !== 'inbound') return null;
  if (message.auto_reply || message.list_mail || message.spam) return null;
  return forThread(models, event, message, message.opens ? 'new_thread' : 'new_message');
}

/**
 * Those whom a note mentions. Who was mentioned before the note was changed is not notified again: the id of
 * such a notification is made of the note (`notificationId`).
 */
async function forMentions(models: Models, event: EventRow): Promise<Plan> {
  const note = await models.Message.findOne(
    { _id: event.row_id, workspace_id: event.workspace_id, direction: 'note' },
    { mentions: 1, author_id: 1, thread_kind: 1, thread_id: 1 },
  ).lean<NoteRow>();
  if (!note?.mentions?.length) return null;
  const { mentions, author_id, thread_kind, thread_id } = note;
  return {
    content: { type: 'mentioned', thread_kind, thread_id, message_id: event.row_id },
    recipients: (members) =>
      members.filter(
        ({ user_id }) =>
          mentions.includes(user_id) &&
          user_id !== author_id &&
          (event.owner_id === null || event.owner_id === user_id),
      ),
  };
}

/** By the state that this change set, not by the present one: several changes are often handled together. */
async function forDeliveryFailure(models: Models, event: EventRow): Promise<Plan> {
  if (event.became !== 'failed') return null;
  const message = await models.Message.findOne(
    { _id: event.row_id, workspace_id: event.workspace_id },
    { thread_kind: 1, thread_id: 1 },
  ).lean<MessageRow>();
  return message ? forThread(models, event, message, 'delivery_failed') : null;
}

/**
 * The owner of a personal conversation; else the agent; else all members, also when the agent is no longer
 * one. Followers of the thread too.
 */
async function forThread(
  models: Models,
  event: EventRow,
  { thread_kind, thread_id }: ThreadRef,
  type: NotificationType,
): Promise<Plan> {
  const thread = await readThread(models, event.workspace_id, { thread_kind, thread_id });
  const recipients = (members: MemberRow[]): MemberRow[] => {
    const responsible = members.filter(({ user_id }) => user_id === (event.owner_id ?? thread?.agent_id));
    if (event.owner_id !== null) return responsible;
    if (responsible.length === 0) return members;
    const followers = members.filter(
      ({ user_id }) => thread?.followers?.includes(user_id) && user_id !== thread.agent_id,
    );
    return [...responsible, ...followers];
  };
  return { content: { type, thread_kind, thread_id, message_id: event.row_id }, recipients };
}

async function forAssignment(models: Models, event: EventRow, agent: string): Promise<Plan> {
  const thread_kind = event.type === 'ticket.updated' ? 'ticket' : 'conversation';
  const threadRef = { thread_kind, thread_id: event.row_id } as const;
  const thread = await readThread(models, event.workspace_id, threadRef);
  // If the thread has another agent by now, a later event notifies that agent.
  if (thread?.agent_id !== agent || (event.owner_id !== null && event.owner_id !== agent)) return null;
  return {
    content: { type: 'assigned', ...threadRef },
    recipients: (members) => members.filter(({ user_id }) => user_id === agent),
  };
}

/** The owners, and the user of a personal address. */
async function forAddress(models: Models, event: EventRow): Promise<Plan> {
  const email = await models.WorkspaceEmail.findOne(
    { _id: event.row_id, workspace_id: event.workspace_id },
    { user_id: 1 },
  ).lean();
  return {
    content: { type: proofType(event), workspace_email_id: event.row_id },
    recipients: (members) =>
      members.filter(({ role, user_id }) => role === 'owner' || user_id === email?.user_id),
  };
}

/** Null when the thread does not exist yet: a message is stored before the thread that it opens. */
const readThread = (models: Models, workspace_id: string, { thread_kind, thread_id }: ThreadRef) =>
  threadsOf(models, thread_kind)
    .findOne({ _id: thread_id, workspace_id }, { agent_id: 1, followers: 1 })
    .lean<(Pick<ConversationRow, 'agent_id'> & Partial<Pick<ConversationRow, 'followers'>>) | null>();
