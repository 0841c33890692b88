import { z } from 'zod';
import type { MessageRow, Models, TicketRow } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { threadsOf } from '../threads/threads.ts';
import { seenBy, type ApiUser } from './visibility.ts';

/** A thread as lists of other rows show it. */
export const ThreadRef = z
  .object({
    kind: z.enum(['ticket', 'conversation']),
    id: z.string(),
    number: z.int().nullable().meta({ description: 'Null for a conversation.' }),
    subject: z.string(),
  })
  .meta({ id: 'ThreadRef' });
export type ThreadRef = z.output<typeof ThreadRef>;

type Kind = MessageRow['thread_kind'];

/** The threads that these rows name, by id; those that the user may not see are left out. */
export async function threadRefs(
  models: Models,
  rows: { thread_kind: Kind; thread_id: string | null }[],
  user: ApiUser,
): Promise<ReadonlyMap<string, ThreadRef>> {
  const found = await Promise.all((['ticket', 'conversation'] as const).map(refsOf));
  return new Map(found.flat().map((ref) => [ref.id, ref]));

  async function refsOf(kind: Kind): Promise<ThreadRef[]> {
    const ids = new Set(rows.flatMap((row) => (row.thread_kind === kind ? (row.thread_id ?? []) : [])));
    if (ids.size === 0) return [];
    const threads = await threadsOf(models, kind)
      .find({ _id: { $in: [...ids] }, ...seenBy(user) }, { subject: 1, number: 1 })
      .lean<(Pick<ThreadRow, '_id' | 'subject'> & Partial<Pick<TicketRow, 'number'>>)[]>();
    return threads.map(({ _id, subject, number }) => ({ kind, id: _id, number: number ?? null, subject }));
  }
}
