import { z } from 'zod';
import { ProblemBody } from '../../core/presenters/schemas.ts';
import { showListed } from '../../core/presenters/show.ts';
import { Conversation, Ticket } from '../../core/presenters/thread.ts';
import { seenBy, threadsSeenBy, type ApiUser } from '../../core/presenters/visibility.ts';
import { markRead } from '../../core/threads/readState.ts';
import { threadsOf, WITHOUT_LISTS } from '../../core/threads/threads.ts';
import type { MessageRow, Models } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import type { RouteDeps } from '../deps.ts';
import { findThread } from '../findThread.ts';
import { notFound, Problem, problemBody } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { shareContact, startSnooze, threadChange, ThreadChangeBody } from '../threadChange.ts';
import { threadWriter } from '../threadWrite.ts';
import { trashWriter } from '../trashWrite.ts';
import { restoring, trashing } from './trash.ts';

const MOST_THREADS = 100;
/** Threads that are changed at one time. */
const AT_ONCE = 8;

const ThreadId = z.strictObject({
  kind: z.enum(['ticket', 'conversation'], 'must be "ticket" or "conversation"'),
  id: z.string('must be the id of a thread'),
});
type ThreadId = z.output<typeof ThreadId>;

const ACTS = ['trash', 'restore', 'spam', 'read', 'unread'] as const;
const BulkBody = z
  .strictObject({
    threads: z
      .array(ThreadId, 'must be a list of threads')
      .min(1, 'must have a thread')
      .max(MOST_THREADS, `must be at most ${MOST_THREADS}`),
    change: ThreadChangeBody.optional().meta({ description: 'As in a change of one thread.' }),
    act: z.enum(ACTS, `must be one of ${ACTS.join(', ')}`).optional(),
  })
  .refine(({ change, act }) => change !== undefined || act !== undefined, {
    path: ['change'],
    error: 'or act must be given',
  });
type Bulk = z.output<typeof BulkBody>;

const Result = ThreadId.extend({
  status: z.int().meta({ description: '200, or the status with which this change was refused.' }),
  row: z.discriminatedUnion('kind', [Ticket, Conversation]).nullable(),
  problem: ProblemBody.nullable(),
});

/** `threads/bulk`: one change of many threads. */
export function threadsBulkRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  route(
    {
      method: 'POST',
      path: '/threads/bulk',
      role: 'member',
      scope: 'write',
      summary: 'Change many threads',
      description:
        `Up to ${MOST_THREADS}. Each is changed on its own and has its own result, in the order of the request: ` +
        'one that is refused does not stop the others. The change is made before the act.',
      body: BulkBody,
      answer: z.object({ results: z.array(Result) }),
      idempotency: 'answer kept',
    },
    async (ctx, { body }) => {
      const { user } = ctx.state;
      const outcomes: (ThreadRow | Problem)[] = [];
      for (let at = 0; at < body.threads.length; at += AT_ONCE) {
        const batch = body.threads.slice(at, at + AT_ONCE);
        outcomes.push(...(await Promise.all(batch.map((thread) => changeOne(deps, thread, body, user)))));
      }
      const changed = body.threads.flatMap(({ kind }, position) => {
        const row = outcomes[position]!;
        return row instanceof Problem ? [] : [{ kind, row }];
      });
      const shown = await showListed(changed, user, deps);
      const results = body.threads.map((thread, position) => {
        const outcome = outcomes[position]!;
        if (outcome instanceof Problem)
          return { ...thread, status: outcome.status, row: null, problem: problemBody(outcome) };
        return { ...thread, status: 200, row: shown.shift()!, problem: null };
      });
      return { results };
    },
  );
}

/** @returns the thread as it is then, or why it is not changed */
async function changeOne(
  deps: RouteDeps,
  { kind, id }: ThreadId,
  { change, act }: Bulk,
  user: ApiUser,
): Promise<ThreadRow | Problem> {
  const { models } = deps;
  try {
    const seen = () => findThread(models, kind, id, user);
    const inTrashToo = () => findInTrashToo(models, kind, id, user);
    const wanted = act === 'spam' ? { ...change, spam: true } : change;
    let row: ThreadRow | null = null;
    if (wanted) {
      const decide = (read: ThreadRow) => threadChange(models, read, wanted, user);
      row = await write(seen, decide, threadWriter(models, kind, user));
      if (wanted.contact_id !== undefined) await shareContact(models, row);
      if (wanted.snoozed_until) startSnooze(deps, kind, row);
    }
    const trashWrite = trashWriter(deps, kind, user);
    if (act === 'trash') row = await write(seen, trashing, trashWrite);
    if (act === 'restore') row = await write(inTrashToo, restoring, trashWrite);
    if (act === 'read' || act === 'unread') {
      const reader = { _id: (await seen())._id, userId: user.userId, visible: threadsSeenBy(user) };
      row = await markRead(models, kind, reader, act === 'read');
    }
    return row ?? notFound();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

/** As `changeRow`: decided again when another request has changed the thread meanwhile. */
async function write(
  find: () => Promise<ThreadRow>,
  decide: (row: ThreadRow) => object | null | Promise<object | null>,
  writeChange: ReturnType<typeof threadWriter>,
): Promise<ThreadRow> {
  for (;;) {
    const row = await find();
    const change = await decide(row);
    if (change === null) return row;
    const changed = await writeChange(row, change);
    if (changed) return changed;
  }
}

async function findInTrashToo(
  models: Models,
  kind: MessageRow['thread_kind'],
  id: string,
  user: ApiUser,
): Promise<ThreadRow> {
  const row = await threadsOf(models, kind)
    .findOne({ _id: id, ...seenBy(user) }, WITHOUT_LISTS)
    .lean<ThreadRow>();
  if (!row) throw notFound();
  return row;
}
