import { z } from 'zod';
import type {
  DomainRow,
  MessageRow,
  Models,
  NotificationRow,
  TicketRow,
  UserRow,
  WorkspaceEmailRow,
} from '../../infra/models/index.ts';
import { NOTIFICATION_TYPES } from '../../infra/models/notification.ts';
import { threadsOf } from '../threads/threads.ts';
import { noticeText, type NoticeFacts } from './noticeText.ts';
import { Time } from './schemas.ts';
import { seenBy, type ApiUser } from './visibility.ts';

export const Notification = z
  .object({
    id: z.string(),
    type: z.enum(NOTIFICATION_TYPES),
    title: z.string().meta({ description: 'Who did what, and where, in a sentence.' }),
    text: z
      .string()
      .meta({ description: 'First words of the message, or why it was not delivered; or empty.' }),
    ticket_id: z.string().nullable(),
    conversation_id: z.string().nullable(),
    message_id: z.string().nullable(),
    email_id: z.string().nullable().meta({ description: 'Id of a workspace email.' }),
    domain_id: z.string().nullable(),
    read_at: Time.nullable(),
    created_at: Time,
  })
  .meta({ id: 'Notification', description: 'Ids of what the notification is about; the others are null.' });

/** Notifications of a user, in words. What the user may not see any more is not in them. */
export async function showNotifications(
  models: Models,
  rows: NotificationRow[],
  user: ApiUser,
): Promise<z.input<typeof Notification>[]> {
  const factsOf = await readFacts(models, rows, user);
  return rows.map((row) => ({
    id: row._id,
    type: row.type,
    ...noticeText(row, factsOf(row)),
    ticket_id: row.thread_kind === 'ticket' ? row.thread_id : null,
    conversation_id: row.thread_kind === 'conversation' ? row.thread_id : null,
    message_id: row.message_id,
    email_id: row.workspace_email_id,
    domain_id: row.domain_id,
    read_at: row.read_at,
    created_at: row.created_at,
  }));
}

async function readFacts(
  models: Models,
  rows: NotificationRow[],
  user: ApiUser,
): Promise<(row: NotificationRow) => NoticeFacts> {
  const [threads, messages, places] = await Promise.all([
    readThreads(models, rows, user),
    readMessages(models, rows, user),
    readPlaces(models, rows, user),
  ]);
  const userIds = [...messages.values()].map(({ author_id }) => author_id);
  const names = await readNames(models, [...userIds, ...rows.map(({ actor_id }) => actor_id)]);
  const nameOf = (id: string | null | undefined) => names.get(id ?? '') ?? null;
  return (row) => {
    const message = messages.get(row.message_id ?? '');
    const { from } = message ?? {};
    return {
      thread: threads.get(row.thread_id ?? '') ?? null,
      message: message
        ? { ...message, sender: nameOf(message.author_id) ?? (from?.name || from?.email || '') }
        : null,
      actor: nameOf(row.actor_id),
      place: places.get(row.workspace_email_id ?? row.domain_id ?? '') ?? null,
    };
  };
}

const idsIn = (ids: (string | null | undefined)[]): string[] => [...new Set(ids.flatMap((id) => id ?? []))];

async function readThreads(models: Models, rows: NotificationRow[], user: ApiUser) {
  const found = await Promise.all(
    (['ticket', 'conversation'] as const).map(async (kind) => {
      const ids = idsIn(rows.map((row) => (row.thread_kind === kind ? row.thread_id : null)));
      if (ids.length === 0) return [];
      return threadsOf(models, kind)
        .find({ _id: { $in: ids }, ...seenBy(user) }, { subject: 1, number: 1, preview: 1 })
        .lean<(Pick<TicketRow, '_id' | 'subject' | 'preview'> & { number?: number })[]>();
    }),
  );
  return new Map(found.flat().map((row) => [row._id, { ...row, number: row.number ?? null }]));
}

/** Enough of a text for its preview: a message may have 2 MB of it. */
const TEXT_CHARS = 2_000;

async function readMessages(models: Models, rows: NotificationRow[], user: ApiUser) {
  const ids = idsIn(rows.map(({ message_id }) => message_id));
  if (ids.length === 0) return new Map<string, never>();
  const found = await models.Message.aggregate<
    Pick<MessageRow, '_id' | 'from' | 'author_id' | 'text'> & { reason: string | null }
  >([
    { $match: { _id: { $in: ids }, ...seenBy(user) } },
    {
      $project: {
        from: 1,
        author_id: 1,
        reason: { $ifNull: ['$outbound.reason', null] },
        text: { $substrCP: ['$text', 0, TEXT_CHARS] },
      },
    },
  ]);
  return new Map(found.map((message) => [message._id, message]));
}

/** Addresses and domains of the workspace, which every member sees. */
async function readPlaces(models: Models, rows: NotificationRow[], { workspaceId: workspace_id }: ApiUser) {
  const [emailIds, domainIds] = [
    idsIn(rows.map(({ workspace_email_id }) => workspace_email_id)),
    idsIn(rows.map(({ domain_id }) => domain_id)),
  ];
  const [emails, domains] = await Promise.all([
    emailIds.length === 0
      ? []
      : models.WorkspaceEmail.find({ _id: { $in: emailIds }, workspace_id }).lean<WorkspaceEmailRow[]>(),
    domainIds.length === 0
      ? []
      : models.Domain.find({ _id: { $in: domainIds }, workspace_id }).lean<DomainRow[]>(),
  ]);
  return new Map([
    ...emails.map(({ _id, address }) => [_id, address] as const),
    ...domains.map(({ _id, name }) => [_id, name] as const),
  ]);
}

async function readNames(models: Models, ids: (string | null | undefined)[]): Promise<Map<string, string>> {
  const wanted = idsIn(ids);
  if (wanted.length === 0) return new Map();
  const users = await models.User.find({ _id: { $in: wanted } }, { name: 1, email: 1 }).lean<UserRow[]>();
  return new Map(users.map(({ _id, name, email }) => [_id, name || email]));
}
