import { z } from 'zod';
import { ACCEPTED } from '../infra/models/workspace.ts';
import type { ApiUser } from '../core/presenters/visibility.ts';
import { normaliseTag } from '../core/threads/tags.ts';
import { beginningWith } from '../core/presenters/searchSnippet.ts';
import type { Models } from '../infra/models/index.ts';
import { readSearch, UnreadableSearch, type SearchQuery } from '../mail/searchQuery.ts';
import { allOf } from './allOf.ts';

const MAX_SEARCH_CHARS = 500;

/** `q` of a list of threads. */
export const ThreadSearch = z
  .string('must be given once')
  .max(MAX_SEARCH_CHARS, `must be at most ${MAX_SEARCH_CHARS} characters`)
  .transform((text, check): SearchQuery => {
    try {
      return readSearch(text);
    } catch (error) {
      if (!(error instanceof UnreadableSearch)) throw error;
      check.addIssue(error.message);
      return z.NEVER;
    }
  })
  .meta({
    description:
      'Words of subject, text, people, file names and the number of a ticket; the last may be the beginning ' +
      'of a word. Operators: `from:`, `to:`, `subject:`, `has:attachment`, `is:open`, `is:pending`, ' +
      '`is:closed`, `is:unread`, `is:read`, `tag:`, `assignee:` (`me`, `none`, a name or an address), ' +
      '`before:` and `after:` (dates). Values with spaces stand in quotation marks.',
  });

/** Condition of the threads that a search asks for. Its assignees must be ids (`withAssigneeIds`). */
export function searched(search: SearchQuery, user: ApiUser): object {
  const { words, prefix, statuses, tags, assignees, unread, before, after } = search;
  return allOf(
    ...words.map((word) => ({ words: word })),
    prefix !== null && { words: beginningWith(prefix) },
    statuses.length > 0 && { status: { $in: statuses } },
    search.hasAttachment && { has_attachments: true },
    ...tags.map((tag) => ({ tags: normaliseTag(tag) })),
    assignees.length > 0 && { agent_id: { $in: assignees.map((id) => agentIn(id, user)) } },
    unread !== null && { read_by: unread ? { $ne: user.userId } : user.userId },
    before && { created_at: { $lt: before } },
    after && { last_message_at: { $gte: after } },
  );
}

function agentIn(assignee: string, { userId }: ApiUser): string | null {
  if (assignee === 'none') return null;
  return assignee === 'me' ? userId : assignee;
}

/** The same query, in which assignees are named by their ids: of every member whose name or address fits. */
export async function withAssigneeIds<Query extends { q?: SearchQuery | undefined }>(
  models: Models,
  { workspaceId: workspace_id }: ApiUser,
  query: Query,
): Promise<Query> {
  const named = query.q?.assignees.filter((name) => name !== 'me' && name !== 'none') ?? [];
  if (!query.q || named.length === 0) return query;
  const members = await models.Member.find({ workspace_id, ...ACCEPTED }, { user_id: 1 }).lean();
  const users = await models.User.find({ _id: { $in: members.map(({ user_id }) => user_id) } }).lean();
  const idsOf = (assignee: string): string[] => {
    if (assignee === 'me' || assignee === 'none') return [assignee];
    const wanted = assignee.toLowerCase();
    const fits = users.filter(
      ({ _id, email, name }) =>
        _id === assignee || email === wanted || ` ${name.toLowerCase()}`.includes(` ${wanted}`),
    );
    // A name that nobody has: nothing is found.
    return fits.length > 0 ? fits.map(({ _id }) => _id) : [assignee];
  };
  return { ...query, q: { ...query.q, assignees: query.q.assignees.flatMap(idsOf) } };
}
