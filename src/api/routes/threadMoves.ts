import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import type { MessageRow } from '../../models/index.ts';
import { isDuplicateKey } from '../../models/once.ts';
import type { ThreadRow } from '../../models/thread.ts';
import { findSender } from '../../replies/sender.ts';
import { mergeThreads } from '../../threads/mergeThreads.ts';
import { moveMessageOut, moveToTicket } from '../../threads/moveOut.ts';
import { threadIdFor } from '../../threads/newThreadRow.ts';
import { hiddenFor, threadsOf, unchanged, WITHOUT_LISTS } from '../../threads/threads.ts';
import { purgedBefore } from '../../threads/trash.ts';
import type { ApiState, Authenticate } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import { changeRow } from '../changeRow.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { etagOf } from '../etag.ts';
import { findThread } from '../findThread.ts';
import { idempotent } from '../idempotent.ts';
import { notFound, Problem, wrongFields } from '../problem.ts';
import { requestOf } from '../request.ts';
import { showThreads } from '../show.ts';
import { threadTagParts } from '../threadChange.ts';
import { seenBy } from '../visibility.ts';

const MergeBody = z.strictObject({ into: z.string('must be the id of another one') });

/**
 * Below a ticket or conversation:
 * - `DELETE` puts it into the trash (204), `POST restore` takes it out: 200, 404 after 30 days.
 * - `POST merge {into}`: 200 with the second, which has the messages of both now; 422 where they may not be merged.
 * - `POST messages/{id}/move`, of a ticket: 201 with the ticket that the message is in now; 409 where it is the only one.
 * - `POST move-to-ticket`, of a conversation: 201 with the ticket; 409 where no address could answer it.
 */
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
  const etag = (row: ThreadRow) => etagOf(...threadTagParts(kind, row));

  const show = async (ctx: RouterContext<ApiState>, row: ThreadRow, as = kind): Promise<void> => {
    ctx.set('ETag', etagOf(...threadTagParts(as, row)));
    [ctx.body] = await showThreads([row], as, ctx.state.user, deps);
  };
  const write = (ctx: RouterContext<ApiState>) => (found: ThreadRow, change: object) =>
    model
      .findOneAndUpdate({ ...unchanged(found), ...seenBy(ctx.state.user) }, change, {
        returnDocument: 'after',
        projection: WITHOUT_LISTS,
      })
      .lean<ThreadRow>();

  router.delete(path, user, async (ctx) => {
    await changeRow<ThreadRow>(ctx, {
      find: () => findThread(models, kind, ctx.params.id, ctx.state.user),
      etag,
      decide: () => {
        const at = new Date();
        return { $set: { deleted_at: at, hidden: 'trash', updated_at: at }, $inc: { changes: 1 } };
      },
      write: write(ctx),
    });
    ctx.status = 204;
  });

  router.post(`${path}/restore`, user, keyed, async (ctx) => {
    const row = await changeRow<ThreadRow>(ctx, {
      find: () =>
        model.findOne({ ...seenBy(ctx.state.user), _id: ctx.params.id }, WITHOUT_LISTS).lean<ThreadRow>(),
      etag,
      decide: (found) => {
        if (found.merged_into !== undefined) throw notFound();
        if (found.deleted_at === undefined) return null;
        // It is being purged, or will be in a moment.
        if (found.deleted_at < purgedBefore()) throw notFound();
        const spam = found.spam ?? false;
        return {
          $set: { hidden: hiddenFor({ spam }), updated_at: new Date() },
          $unset: { deleted_at: 1 },
          $inc: { changes: 1 },
        };
      },
      write: write(ctx),
    });
    await show(ctx, row);
  });

  router.post(`${path}/merge`, user, jsonBody, keyed, async (ctx) => {
    const asking = ctx.state.user;
    const { into } = readBody(ctx, MergeBody);
    const { id: from = '' } = ctx.params;
    const isSeen = (row: ThreadRow | null): row is ThreadRow =>
      row !== null &&
      (row.hidden ?? null) !== 'merged' &&
      row.deleted_at === undefined &&
      seenBy(asking).audience.$in.some((audience) => audience === row.audience);
    const mayMerge: (first: ThreadRow | null, second: ThreadRow | null) => asserts first is ThreadRow = (
      first,
      second,
    ) => {
      if (!isSeen(first)) throw notFound();
      if (first._id === into) throw wrongInto('must be another one');
      if (!isSeen(second)) throw wrongInto(`must be a ${kind} that you can see`);
      if (first.audience !== second.audience)
        throw wrongInto('must be seen by the same people: one is personal, the other is not');
    };
    // A repeated request finds it done.
    const merged = await mergedRow(deps, kind, from, into, asking);
    const row = merged ?? (await mergeThreads(models, asking.workspaceId, { kind, from, into }, mayMerge));
    await show(ctx, row);
  });

  if (kind === 'ticket')
    router.post(`${path}/messages/:message_id/move`, user, keyed, async (ctx) => {
      const asking = ctx.state.user;
      const ticket = await findThread(models, kind, ctx.params.id, asking);
      const { message_id = '' } = ctx.params;
      const here = { ...seenBy(asking), thread_id: ticket._id, _id: message_id };
      const id = threadIdFor(`moved ${requestOf(ctx, asking).id}`);
      const done = await models.Ticket.findOne(
        { ...seenBy(asking), _id: id },
        WITHOUT_LISTS,
      ).lean<ThreadRow>();
      if (!done && !(await models.Message.exists(here))) throw notFound();
      const row = done ?? (await moveMessageOut(models, id, ticket, message_id));
      if (!row) throw new Problem(409, 'It is the only message of its ticket.');
      ctx.status = 201;
      await show(ctx, row);
    });
  else
    router.post(`${path}/move-to-ticket`, user, keyed, async (ctx) => {
      const thread = await findThread(models, kind, ctx.params.id, ctx.state.user);
      const id = threadIdFor(`ticket of ${thread._id}`);
      const email = await ticketEmail(deps, thread, id, ctx.state.user.userId);
      const row = await moveToTicket(models, id, thread, email).catch((error: unknown) => {
        if (isDuplicateKey(error)) return null;
        throw error;
      });
      if (!row) throw new Problem(409, 'It was moved or merged just now.');
      ctx.status = 201;
      await show(ctx, row, 'ticket');
    });
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
