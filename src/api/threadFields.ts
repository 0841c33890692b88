import { z } from 'zod';
import { PRIORITIES, THREAD_STATUSES } from '../infra/models/thread.ts';
import { MAX_TAG_CHARS, MAX_TAGS, normaliseTag } from '../core/threads/tags.ts';
import { OneLine } from './fields.ts';

const Tag = OneLine(MAX_TAG_CHARS)
  .transform(normaliseTag)
  .refine((tag) => tag !== '', 'must not be empty');

/** Fields of a ticket or conversation that a change of it, a reply and a snippet may set. */
export const threadFields = {
  status: z.enum(THREAD_STATUSES, 'must be "open", "pending" or "closed"').optional(),
  agent_id: z.string('must be the id of a member, or null').nullable().optional(),
  priority: z.enum(PRIORITIES, 'must be "low", "normal", "high" or "urgent"').optional(),
  tags: z
    .array(Tag, 'must be a list of tags')
    .max(MAX_TAGS, `must be at most ${MAX_TAGS}`)
    .transform((tags) => [...new Set(tags)])
    .optional(),
};
