import type { Model } from 'mongoose';
import type {
  AttachmentRow,
  ContactRow,
  ConversationRow,
  MessageRow,
  TicketRow,
  WorkspaceEmailRow,
} from '../../models/index.ts';
import type { ThreadRow } from '../../models/thread.ts';
import type { Authenticate } from '../auth.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { ListQuery, readPage } from '../paging.ts';
import { presentMessage } from '../presenters/message.ts';
import { presentConversation, presentTicket, type ThreadParts } from '../presenters/thread.ts';
import { notFound } from '../problem.ts';
import { readQuery } from '../query.ts';
import { seenBy, type ApiUser } from '../visibility.ts';

/** `tickets`, `tickets/{id}`, `tickets/{id}/messages`. */
export function ticketRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  threadRoutes<TicketRow>(router, user, deps, {
    path: '/tickets',
    model: deps.models.Ticket,
    present: presentTicket,
  });
}

/** `conversations`, `conversations/{id}`, `conversations/{id}/messages`; personal ones for their owner. */
export function conversationRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  threadRoutes<ConversationRow>(router, user, deps, {
    path: '/conversations',
    model: deps.models.Conversation,
    present: presentConversation,
  });
}

interface ThreadKind<Row> {
  path: string;
  model: Model<Row>;
  present: (row: Row, parts: ThreadParts) => object;
}

function threadRoutes<Row extends ThreadRow>(
  router: ApiRouter,
  user: Authenticate,
  deps: RouteDeps,
  { path, model, present }: ThreadKind<Row>,
): void {
  router.get(path, user, async (ctx) => {
    const query = readQuery(ctx.query, ListQuery);
    const page = await readPage<Row>(model, seenBy(ctx.state.user), query, { order: 'newest first' });
    const parts = await partsOf(page.rows, ctx.state.user, deps);
    ctx.body = { data: page.rows.map((row) => present(row, parts)), next_cursor: page.next_cursor };
  });

  router.get(`${path}/:id`, user, async (ctx) => {
    const row = await model.findOne({ ...seenBy(ctx.state.user), _id: ctx.params.id }).lean<Row>();
    if (!row) throw notFound();
    ctx.body = present(row, await partsOf([row], ctx.state.user, deps));
  });

  router.get(`${path}/:id/messages`, user, async (ctx) => {
    const query = readQuery(ctx.query, ListQuery);
    const seen = seenBy(ctx.state.user);
    if (!(await model.exists({ ...seen, _id: ctx.params.id }))) throw notFound();
    const thread = { ...seen, thread_id: ctx.params.id };
    const page = await readPage<MessageRow>(deps.models.Message, thread, query, {
      order: 'oldest first',
      projection: { headers: 0, names: 0, people: 0, copies: 0 },
      bytes: (row) => row.text.length + (row.html?.length ?? 0),
    });
    const attachments = await attachmentsOf(page.rows, ctx.state.user, deps);
    ctx.body = {
      data: page.rows.map((row) =>
        presentMessage(row, attachments.get(row._id) ?? [], ctx.state.user, deps.links),
      ),
      next_cursor: page.next_cursor,
    };
  });
}

/** A thread that may be seen shows its contact and address, whatever else these belong to. */
async function partsOf(threads: ThreadRow[], user: ApiUser, { models }: RouteDeps): Promise<ThreadParts> {
  const named = (ids: string[]) => ({ workspace_id: user.workspaceId, _id: { $in: [...new Set(ids)] } });
  const [contacts, workspaceEmails] = await Promise.all([
    models.Contact.find(named(threads.map((row) => row.contact_id))).lean<ContactRow[]>(),
    models.WorkspaceEmail.find(named(threads.map((row) => row.workspace_email_id))).lean<
      WorkspaceEmailRow[]
    >(),
  ]);
  return {
    contacts: new Map(contacts.map((row) => [row._id, row])),
    workspaceEmails: new Map(workspaceEmails.map((row) => [row._id, row])),
  };
}

async function attachmentsOf(
  messages: MessageRow[],
  user: ApiUser,
  { models }: RouteDeps,
): Promise<Map<string, AttachmentRow[]>> {
  const rows = await models.Attachment.find({
    ...seenBy(user),
    message_id: { $in: messages.map((row) => row._id) },
  })
    .sort({ position: 1 })
    .lean<AttachmentRow[]>();
  const byMessage = new Map<string, AttachmentRow[]>();
  for (const row of rows) byMessage.set(row.message_id, [...(byMessage.get(row.message_id) ?? []), row]);
  return byMessage;
}
