import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import type { MessageRow } from '../../infra/models/index.ts';
import { isDuplicateKey } from '../../infra/models/once.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { findSender } from '../../core/replies/sender.ts';
import { mergeThreads } from '../../core/threads/mergeThreads.ts';
import { moveMessageOut, moveToTicket } from '../../core/threads/moveOut.ts';
import { threadIdFor } from '../../core/threads/newThreadRow.ts';
import { hiddenFor, threadsOf, unchanged, WITHOUT_LISTS } from '../../core/threads/threads.ts';
import { purgedBefore } from '../../core/threads/trash.ts';
import type { ApiState, Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import { changeRow } from '../changeRow.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { threadFinder } from '../findThread.ts';
import { idempotent } from '../idempotent.ts';
import { operation } from '../operation.ts';
import { threadSchemas, Ticket } from '../../core/presenters/thread.ts';
import { notFound, Problem, wrongFields } from '../problem.ts';
import { requestOf } from '../request.ts';
import { showThread } from '../../core/presenters/show.ts';
import { threadTag } from '../threadChange.ts';
import { seenBy, type ApiUser } from '../../core/presenters/visibility.ts';

const MergeBody = z.strictObject({ into: z.string('must be the id of another one') });

/** Below a ticket or conversation: trash, merging, and moving what is in it. */
export function threadMoveRoutes(
  router: ApiRouter,
  user: Authenticate,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models } = deps;
  const path = `/${kind}s/:id`;
  const model = threadsOf(models, kind);
  const keyed = idempotent(deps);
  const Thread = threadSchemas[kind];
  const find = threadFinder(models, kind);
  const etag = (row: ThreadRow) => threadTag(kind, row);

  const showAs = <Kind extends typeof kind>(ctx: RouterContext<ApiState>, row: ThreadRow, as: Kind) => {
    ctx.set('ETag', threadTag(as, row));
    return showThread(row, as, ctx.state.user, deps);
  };
  const show = (ctx: RouterContext<ApiState>, row: ThreadRow) => showAs(ctx, row, kind);
  const write = (ctx: RouterContext<ApiState>) => (found: ThreadRow, change: object) =>
    model
      .findOneAndUpdate({ ...unchanged(found), ...seenBy(ctx.state.user) }, change, {
        returnDocument: 'after',
        projection: WITHOUT_LISTS,
      })
      .lean<ThreadRow>();

  router.delete(
    path,
    user,
    operation(
      {
        summary: `Put a ${kind} into the trash`,
        description: 'From where it can be restored for 30 days.',
        etag: true,
      },
      async (ctx) => {
        await changeRow<ThreadRow>(ctx, {
          find: () => find(ctx),
          etag,
          decide: () => {
            const at = new Date();
            return { $set: { deleted_at: at, hidden: 'trash', updated_at: at }, $inc: { changes: 1 } };
          },
          write: write(ctx),
        });
      },
    ),
  );

  router.post(
    `${path}/restore`,
    user,
    keyed,
    operation({ summary: `Take a ${kind} out of the trash`, answer: Thread, etag: true }, async (ctx) => {
      const row = await changeRow<ThreadRow>(ctx, {
        find: () =>
          model.findOne({ ...seenBy(ctx.state.user), _id: ctx.params.id }, WITHOUT_LISTS).lean<ThreadRow>(),
        etag,
        decide: (found) => {
          if (found.merged_into !== undefined) throw notFound();
          if (found.deleted_at === undefined) return null;
          // It is being purged, or will be in a moment.
          if (found.deleted_at < purgedBefore()) throw notFound();
          return {
            $set: { hidden: hiddenFor({ spam: found.spam }), updated_at: new Date() },
            $unset: { deleted_at: 1 },
            $inc: { changes: 1 },
          };
        },
        write: write(ctx),
      });
      return show(ctx, row);
    }),
  );

  router.post(
    `${path}/merge`,
    user,
    jsonBody,
    keyed,
    operation(
      {
        summary: `Merge a ${kind} into another`,
        description: 'Its messages, and later mail that answers them, are the other’s, which is answered.',
        body: MergeBody,
        answer: Thread,
        etag: true,
        find,
      },
      async (ctx, { body: { into } }) => {
        const asking = ctx.state.user;
        const { id: from = '' } = ctx.params;
        // A repeated request finds it done.
        const merged = await mergedRow(deps, kind, from, into, asking);
        const row =
          merged ??
          (await mergeThreads(
            models,
            asking.workspaceId,
            { kind, from, into },
            mayMerge(kind, into, asking),
          ));
        return show(ctx, row);
      },
    ),
  );

  if (kind === 'ticket')
    router.post(
      `${path}/messages/:message_id/move`,
      user,
      keyed,
      operation(
        {
          summary: 'Move a message into a ticket of its own',
          status: 201,
          answer: Ticket,
          etag: true,
          refuses: { 409: 'It is the only message of its ticket.' },
        },
        async (ctx) => {
          const asking = ctx.state.user;
          const ticket = await find(ctx);
          const { message_id = '' } = ctx.params;
          const here = { ...seenBy(asking), thread_id: ticket._id, _id: message_id };
          const id = threadIdFor(`moved ${requestOf(ctx, asking).id}`);
          const mine = { ...seenBy(asking), _id: id };
          const done = await models.Ticket.findOne(mine, WITHOUT_LISTS).lean<ThreadRow>();
          if (!done && !(await models.Message.exists(here))) throw notFound();
          const row = done ?? (await moveMessageOut(models, id, ticket, message_id));
          if (!row) throw new Problem(409, 'It is the only message of its ticket.');
          return showAs(ctx, row, 'ticket');
        },
      ),
    );
  else
    router.post(
      `${path}/move-to-ticket`,
      user,
      keyed,
      operation(
        {
          summary: 'Move a conversation to a ticket',
          status: 201,
          answer: Ticket,
          etag: true,
          refuses: { 409: 'No address could answer it as a ticket.' },
        },
        async (ctx) => {
          const thread = await find(ctx);
          const id = threadIdFor(`ticket of ${thread._id}`);
          const email = await ticketEmail(deps, thread, id, ctx.state.user.userId);
          const row = await moveToTicket(models, id, thread, email).catch((error: unknown) => {
            if (isDuplicateKey(error)) return null;
            throw error;
          });
          if (!row) throw new Problem(409, 'It was moved or merged just now.');
          return showAs(ctx, row, 'ticket');
        },
      ),
    );
}

/** Whether the user sees both, and the same people see both. @throws Problem 404, 422 */
function mayMerge(kind: MessageRow['thread_kind'], into: string, user: ApiUser) {
  const isSeen = (row: ThreadRow | null): row is ThreadRow =>
    row !== null &&
    (row.hidden ?? null) !== 'merged' &&
    row.deleted_at === undefined &&
    seenBy(user).audience.$in.some((audience) => audience === row.audience);
  const check: (first: ThreadRow | null, second: ThreadRow | null) => asserts first is ThreadRow = (
    first,
    second,
  ) => {
    if (!isSeen(first)) throw notFound();
    if (first._id === into) throw wrongInto('must be another one');
    if (!isSeen(second)) throw wrongInto(`must be a ${kind} that you can see`);
    if (first.audience !== second.audience)
      throw wrongInto('must be seen by the same people: one is personal, the other is not');
  };
  return check;
}

const wrongInto = (message: string) => wrongFields([{ field: 'into', message }]);

/** @returns the second one, when the first was merged into it before */
async function mergedRow(
  { models }: RouteDeps,
  kind: MessageRow['thread_kind'],
  from: string,
  into: string,
  user: ApiState['user'],
): Promise<ThreadRow | null> {
  const threads = threadsOf(models, kind);
  const first = await threads.findOne({ ...seenBy(user), _id: from, merged_into: into }, { _id: 1 }).lean();
  return first && threads.findOne({ ...seenBy(user), _id: into }, WITHOUT_LISTS).lean<ThreadRow>();
}

/** The address that a ticket made of a conversation answers as: its own, unless that is one person's. */
async function ticketEmail(
  { models }: RouteDeps,
  thread: ThreadRow,
  id: string,
  userId: string,
): Promise<string> {
  if (thread.audience === 'shared') return thread.workspace_email_id;
  const ticket = { ...thread, _id: id, audience: 'tickets', workspace_email_id: null };
  const found = await findSender(models, ticket, null, userId);
  if (!found.sender) throw new Problem(409, `It cannot be a ticket: ${found.reason}.`);
  return found.sender.email._id;
}
