import type { MessageRow, WorkspaceEmailRow } from '../../infra/models/index.ts';
import type { Audience } from '../../infra/models/workspaceEmail.ts';
import { threadIdFor } from '../threads/newThreadRow.ts';
import { audienceOf } from '../threads/audiences.ts';
import { contactId } from '../threads/contacts.ts';
import { Unfit } from './draft.ts';
import { eachOnce, newOutbound, type NewMessage, type NewReplyDeps, type Order } from './newReply.ts';
import { findSender } from './sender.ts';

/**
 * The message that opens a ticket or conversation; the thread is made from it. The customer's answer finds
 * the thread by the message's Message-Id.
 * @param personal only of a conversation. True: only its author sees it. Null: personal if it is sent as a
 * personal address.
 * @throws Unfit
 */
export async function newThread(
  deps: NewReplyDeps,
  order: Order,
  kind: MessageRow['thread_kind'],
  personal: boolean | null,
): Promise<NewMessage> {
  const { draft, author, id } = order;
  const { to, cc, bcc } = eachOnce(draft.to ?? [], draft.cc ?? [], draft.bcc);
  const [first] = to;
  if (!first) throw new Unfit('to', 'needs at least one recipient: the first is the contact of the thread');
  const audience =
    (await teamOf(deps, order, personal)) ??
    (kind === 'ticket' ? 'tickets' : await audienceFor(deps, order, personal));
  const email = await ownEmail(deps, order, audience);
  return newOutbound(deps, order, {
    thread_kind: kind,
    thread_id: threadIdFor(id),
    audience,
    opens: true,
    contact_id: contactId(author.workspaceId, first),
    workspace_email_id: email._id,
    to,
    cc,
    bcc,
    subject: draft.subject ?? '',
  });
}

/** The team of the chosen address, if the author is in it. */
async function teamOf(
  { models }: NewReplyDeps,
  { draft, author }: Order,
  personal: boolean | null,
): Promise<Audience | null> {
  if (draft.sendingEmail === null || personal !== null) return null;
  const { workspaceId: workspace_id, userId: user_id } = author;
  const chosen = { workspace_id, address: draft.sendingEmail, deleted_at: null, team_id: { $ne: null } };
  const email = await models.WorkspaceEmail.findOne(chosen).lean<WorkspaceEmailRow>();
  if (!email?.team_id) return null;
  const isIn = await models.Member.exists({ workspace_id, user_id, team_ids: email.team_id });
  return isIn ? audienceOf(email) : null;
}

async function audienceFor(
  { models }: NewReplyDeps,
  { draft, author }: Order,
  personal: boolean | null,
): Promise<Audience> {
  const own: Audience = `owner:${author.userId}`;
  if (personal !== null || draft.sendingEmail === null) return personal ? own : 'shared';
  const chosen = await models.WorkspaceEmail.find({
    workspace_id: author.workspaceId,
    address: draft.sendingEmail,
  }).lean<WorkspaceEmailRow[]>();
  return chosen.some((email) => email.deleted_at === null && audienceOf(email) === own) ? own : 'shared';
}

/**
 * The thread's own address: the one that it is opened as. If that is a personal address and the thread is not
 * personal, the address as which other members would answer, because nobody may send as another user.
 */
async function ownEmail(
  { models }: NewReplyDeps,
  { draft, author, id }: Order,
  audience: Audience,
): Promise<WorkspaceEmailRow> {
  const thread = {
    _id: threadIdFor(id),
    workspace_id: author.workspaceId,
    audience,
    workspace_email_id: null,
  };
  const chosen = await findSender(models, thread, draft.sendingEmail, author.userId);
  if (!chosen.sender) throw new Unfit('sending_email', chosen.reason);
  const { email } = chosen.sender;
  if (email.user_id === null || audienceOf(email) === audience) return email;
  const others = await findSender(models, thread, null, author.userId);
  if (!others.sender) throw new Unfit('sending_email', others.reason);
  return others.sender.email;
}
