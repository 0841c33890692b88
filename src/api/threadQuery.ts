import { z } from 'zod';
import { THREAD_STATUSES } from '../infra/models/thread.ts';
import { normaliseTag } from '../core/threads/tags.ts';
import { Search } from './fields.ts';
import { ListQuery } from './paging.ts';
import { seenBy, type ApiUser } from '../core/presenters/visibility.ts';

const single = z.string('must be given once');

const Filters = z.strictObject({
  status: z.enum(THREAD_STATUSES, 'must be "open", "pending" or "closed"').optional(),
  agent_id: single.optional().meta({ description: '`none`: threads without an agent.' }),
  contact_id: single.optional(),
  workspace_email_id: single.optional(),
  tag: single.optional(),
  spam: z
    .enum(['true', 'false', 'any'], 'must be "true", "false" or "any"')
    .optional()
    .meta({ description: 'Defaults to `false`, and to `any` with `trash=true`.' }),
  trash: z.enum(['true', 'false'], 'must be "true" or "false"').default('false'),
  changed_since: z.iso
    .datetime({ offset: true, error: 'must be a time, like 2026-11-23T10:00:00Z' })
    .transform((text) => new Date(text))
    .optional()
    .meta({ description: 'Threads that changed at this time or later.' }),
  q: Search.optional(),
});

/** Parameters of the lists of tickets and conversations. */
export const ThreadQuery = z.strictObject({ ...ListQuery.shape, ...Filters.shape });

/** With `?trash=true` a thread in the trash can be read. */
export const OneThreadQuery = z.strictObject({ trash: Filters.shape.trash });

/** Filter of a list. Without `spam` and `trash` it leaves out spam and the trash. */
export function filterOf(user: ApiUser, query: z.output<typeof ThreadQuery>): object {
  const { status, agent_id, contact_id, workspace_email_id, tag, changed_since, q } = query;
  return {
    ...seenBy(user),
    ...hiddenAs(query),
    ...(status && { status }),
    ...(agent_id !== undefined && { agent_id: agent_id === 'none' ? null : agent_id }),
    ...(contact_id !== undefined && { contact_id }),
    ...(workspace_email_id !== undefined && { workspace_email_id }),
    ...(tag !== undefined && { tags: normaliseTag(tag) }),
    ...(changed_since && { updated_at: { $gte: changed_since } }),
    ...q,
  };
}

function hiddenAs({ spam, trash }: z.output<typeof ThreadQuery>): object {
  if (trash === 'true') return { hidden: 'trash', ...(spam && spam !== 'any' && { spam: spam === 'true' }) };
  if (spam === 'any') return { hidden: { $in: [null, 'spam'] } };
  return { hidden: spam === 'true' ? 'spam' : null };
}
