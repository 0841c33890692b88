import { presentContact } from '../../presenters/contact.ts';
import { presentDomain } from '../../presenters/domain.ts';
import type { Links } from '../../presenters/links.ts';
import { NOT_SHOWN, showMessage, showThread } from '../../presenters/show.ts';
import { showEmails } from '../../presenters/showEmails.ts';
import type { ApiUser } from '../../presenters/visibility.ts';
import type {
  ContactRow,
  DomainRow,
  EventRow,
  MessageRow,
  Models,
  WebhookRow,
  WorkspaceEmailRow,
} from '../../../infra/models/index.ts';
import type { ThreadRow } from '../../../infra/models/thread.ts';
import { isClosed } from '../../threads/audiences.ts';
import { threadsOf } from '../../threads/threads.ts';

interface PayloadDeps {
  models: Models;
  links: Links;
}

/** Audiences whose rows endpoints may receive. */
const SHARED = { $in: ['tickets', 'shared'] };

/**
 * The row that an event is about, as the API shows it now. Only its id when the row has been deleted. Null
 * when endpoints may not see the row (any more): then nothing is sent.
 */
export async function payloadData(
  deps: PayloadDeps,
  endpoint: WebhookRow,
  event: EventRow,
): Promise<object | null> {
  const { models } = deps;
  const { workspace_id } = event;
  const filter = { _id: event.row_id, workspace_id };
  // Signed URLs of images are made for the user who made the endpoint, who may see everything that endpoints
  // receive.
  const viewer: ApiUser = { workspaceId: workspace_id, userId: endpoint.created_by, role: 'owner' };
  const [kind] = event.type.split('.');
  if (event.type.endsWith('.message_created') || kind === 'message') {
    const row = await models.Message.findOne(filter, NOT_SHOWN).lean<MessageRow>();
    if (!row) return { id: event.row_id };
    if (isClosed(row.audience)) return null;
    const thread = { [`${row.thread_kind}_id`]: row.thread_id };
    return {
      ...(await showMessage(row, viewer, deps)),
      ...thread,
      ...(kind === 'conversation' && { owner_id: null }),
    };
  }
  switch (kind as 'ticket' | 'conversation' | 'contact' | 'email' | 'domain') {
    case 'ticket':
    case 'conversation': {
      const row = await threadsOf(models, kind as 'ticket' | 'conversation')
        .findOne(filter)
        .lean<ThreadRow>();
      if (!row) return { id: event.row_id };
      if (isClosed(row.audience)) return null;
      const thread = await showThread(row, kind as 'ticket' | 'conversation', viewer, deps);
      // What it is for one user is nothing for an endpoint.
      return { ...thread, unread: undefined, followed: undefined };
    }
    case 'contact': {
      const row = await models.Contact.findOne(filter).lean<ContactRow>();
      if (!row) return { id: event.row_id };
      if (!(await models.Contact.exists({ ...filter, audiences: SHARED }))) return null;
      const merged = { workspace_id, merged_into: row._id, audiences: SHARED };
      return presentContact(row, await models.Contact.find(merged).lean<ContactRow[]>());
    }
    case 'email': {
      const row = await models.WorkspaceEmail.findOne(filter).lean<WorkspaceEmailRow>();
      // As any member sees it: without the confirmations that mail hosts sent to it.
      const member: ApiUser = { workspaceId: workspace_id, userId: '', role: 'member' };
      return row ? (await showEmails(models, [row], member))[0]! : { id: event.row_id };
    }
    case 'domain': {
      const row = await models.Domain.findOne(filter).lean<DomainRow>();
      const catchAll =
        row?.catch_all_id &&
        (await models.WorkspaceEmail.findOne({
          _id: row.catch_all_id,
          workspace_id,
        }).lean<WorkspaceEmailRow>());
      return row ? presentDomain(row, catchAll || null) : { id: event.row_id };
    }
  }
}
