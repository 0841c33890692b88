import { answersTo } from './answers.ts';
import { imagesAllowed } from './imageSenders.ts';
import type {
  AttachmentRow,
  ContactRow,
  ConversationRow,
  MessageRow,
  Models,
  TicketRow,
  WorkspaceEmailRow,
} from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import type { MessageState } from '../../infra/models/outbound.ts';
import type { Links } from './links.ts';
import { presentMessage } from './message.ts';
import { presentConversation, presentTicket, type MessageFacts, type PresentedThread } from './thread.ts';
import { messagesSeenBy, seenBy, type ApiUser } from './visibility.ts';

/** Fields of a message that are never shown. */
export const NOT_SHOWN = { headers: 0, names: 0, people: 0, copies: 0, words: 0 } as const;

/** What presenting needs; both web and worker have it. */
interface ShowDeps {
  models: Models;
  links: Links;
}

/** Messages with their attachments. */
export async function showMessages(rows: MessageRow[], user: ApiUser, { models, links }: ShowDeps) {
  const [files, allowed, answers] = await Promise.all([
    models.Attachment.find({ message_id: { $in: rows.map((row) => row._id) }, ...seenBy(user) })
      .sort({ position: 1 })
      .lean<AttachmentRow[]>(),
    imagesAllowed(models, user, rows),
    answersTo(models, rows),
  ]);
  const byMessage = new Map<string, AttachmentRow[]>();
  for (const file of files) byMessage.set(file.message_id, [...(byMessage.get(file.message_id) ?? []), file]);
  return rows.map((row) => {
    const parts = {
      attachments: byMessage.get(row._id) ?? [],
      imagesAllowed: allowed.has(row._id),
      answers: answers(row),
    };
    return presentMessage(row, parts, user, links);
  });
}

export async function showMessage(row: MessageRow, user: ApiUser, deps: ShowDeps) {
  const [shown] = await showMessages([row], user, deps);
  return shown!;
}

/**
 * Threads with their contact and address. Who may see a thread may see these, even if they belong to other
 * threads too.
 */
export async function showThreads<Kind extends MessageRow['thread_kind']>(
  rows: ThreadRow[],
  kind: Kind,
  user: ApiUser,
  { models }: Pick<ShowDeps, 'models'>,
): Promise<PresentedThread<Kind>[]> {
  if (rows.length === 0) return [];
  const byIds = (ids: string[]) => ({ _id: { $in: [...new Set(ids)] }, workspace_id: user.workspaceId });
  const [messages, contacts, workspaceEmails] = await Promise.all([
    messageFacts(models, rows, user),
    models.Contact.find(byIds(rows.map((row) => row.contact_id))).lean<ContactRow[]>(),
    models.WorkspaceEmail.find(byIds(rows.map((row) => row.workspace_email_id))).lean<WorkspaceEmailRow[]>(),
  ]);
  const parts = {
    user,
    messages,
    contacts: new Map(contacts.map((row) => [row._id, row])),
    workspaceEmails: new Map(workspaceEmails.map((row) => [row._id, row])),
  };
  const present = (row: ThreadRow) =>
    kind === 'ticket'
      ? presentTicket(row as TicketRow, parts)
      : presentConversation(row as ConversationRow, parts);
  return rows.map((row) => present(row) as PresentedThread<Kind>);
}

/** Threads of both kinds, in their order. */
export async function showListed(
  listed: { kind: MessageRow['thread_kind']; row: ThreadRow }[],
  user: ApiUser,
  deps: Pick<ShowDeps, 'models'>,
) {
  const ofKind = (wanted: MessageRow['thread_kind']) =>
    listed.flatMap(({ kind, row }) => (kind === wanted ? [row] : []));
  const [tickets, conversations] = await Promise.all([
    showThreads(ofKind('ticket'), 'ticket', user, deps),
    showThreads(ofKind('conversation'), 'conversation', user, deps),
  ]);
  return listed.map(({ kind }) => (kind === 'ticket' ? tickets.shift()! : conversations.shift()!));
}

/** Counted by one read of an index that has all it needs. */
async function messageFacts(
  models: Models,
  threads: ThreadRow[],
  user: ApiUser,
): Promise<Map<string, MessageFacts>> {
  const threadIds = threads.map((row) => row._id);
  const counted = await models.Message.aggregate<{
    _id: { thread: string; state: MessageState };
    count: number;
    send_at: Date | null;
  }>([
    { $match: messagesSeenBy(user, threadIds, { state: { $ne: 'cancelled' } }) },
    {
      $group: {
        _id: { thread: '$thread_id', state: '$state' },
        count: { $sum: 1 },
        send_at: { $min: '$outbound.send_at' },
      },
    },
  ]);
  const facts = new Map<string, MessageFacts>();
  for (const { _id, count, send_at } of counted) {
    const before = facts.get(_id.thread) ?? { count: 0, trouble: null, scheduled_at: null };
    const trouble = _id.state === 'failed' || _id.state === 'unconfirmed' ? _id.state : null;
    facts.set(_id.thread, {
      count: before.count + count,
      trouble: before.trouble === 'failed' ? 'failed' : (trouble ?? before.trouble),
      scheduled_at: _id.state === 'scheduled' ? send_at : before.scheduled_at,
    });
  }
  return facts;
}

export async function showThread<Kind extends MessageRow['thread_kind']>(
  row: ThreadRow,
  kind: Kind,
  user: ApiUser,
  deps: Pick<ShowDeps, 'models'>,
): Promise<PresentedThread<Kind>> {
  const [shown] = await showThreads([row], kind, user, deps);
  return shown!;
}
