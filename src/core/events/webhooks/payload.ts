import { presentContact } from '../../presenters/contact.ts';
import { presentDomain } from '../../presenters/domain.ts';
import type { Links } from '../../presenters/links.ts';
import { NOT_SHOWN, showMessage, showThreads } from '../../presenters/show.ts';
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
import { threadsOf } from '../../threads/threads.ts';

interface Deps {
  models: Models;
  links: Links;
}

/** What workspace endpoints may be told of. */
const SHARED = { $in: ['tickets', 'shared'] };

/**
 * What an event is about, as the API shows it now; null when there is nothing that an endpoint may see (any more): then nothing is
 * sent. A row that is gone altogether has its id left.
 */
export async function payloadData(deps: Deps, endpoint: WebhookRow, event: EventRow): Promise<object | null> {
  const { models } = deps;
  const { workspace_id } = event;
  const mine = { _id: event.row_id, workspace_id };
  // Signed URLs of images are the maker's, who may see what endpoints are told of.
  const viewer: ApiUser = { workspaceId: workspace_id, userId: endpoint.created_by, role: 'owner' };
  const [kind] = event.type.split('.');
  if (event.type.endsWith('.message_created') || kind === 'message') {
    const row = await models.Message.findOne(mine, NOT_SHOWN).lean<MessageRow>();
    if (!row) return { id: event.row_id };
    if (row.audience.startsWith('owner:')) return null;
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
        .findOne(mine)
        .lean<ThreadRow>();
      if (row?.audience.startsWith('owner:')) return null;
      return row
        ? (await showThreads([row], kind as 'ticket' | 'conversation', viewer, deps))[0]!
        : { id: event.row_id };
    }
    case 'contact': {
      const row = await models.Contact.findOne(mine).lean<ContactRow>();
      if (!row) return { id: event.row_id };
      if (!(await models.Contact.exists({ ...mine, audiences: SHARED }))) return null;
      const merged = { workspace_id, merged_into: row._id, audiences: SHARED };
      return presentContact(row, await models.Contact.find(merged).lean<ContactRow[]>());
    }
    case 'email': {
      const row = await models.WorkspaceEmail.findOne(mine).lean<WorkspaceEmailRow>();
      // As members see it who are nobody in particular: without what mail hosts wrote to it.
      const member: ApiUser = { workspaceId: workspace_id, userId: '', role: 'member' };
      return row ? (await showEmails(models, [row], member))[0]! : { id: event.row_id };
    }
    case 'domain': {
      const row = await models.Domain.findOne(mine).lean<DomainRow>();
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
