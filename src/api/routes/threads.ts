import type { z } from 'zod';
import type { MessageRow } from '../../models/index.ts';
import type { ThreadRow } from '../../models/thread.ts';
import { newThread } from '../../replies/newThread.ts';
import { threadsOf, unchanged, WITHOUT_LISTS } from '../../threads/threads.ts';
import type { Authenticate } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import { changeRow } from '../changeRow.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { draftOf, NewConversationBody, NewTicketBody } from '../draft.ts';
import { etagOf } from '../etag.ts';
import { findThread } from '../findThread.ts';
import { readPage } from '../paging.ts';
import { notFound } from '../problem.ts';
import { readQuery } from '../query.ts';
import { requestOf } from '../request.ts';
import { saveAndStart } from '../saveAndStart.ts';
import { showMessage, showThreads } from '../show.ts';
import { threadChange, ThreadChangeBody, threadTagParts } from '../threadChange.ts';
import { filterOf, OneThreadQuery, ThreadQuery } from '../threadQuery.ts';
import { seenBy } from '../visibility.ts';

/**
 * `tickets` or `conversations`, and `/{id}`; personal conversations for their owner. 404 for one that was merged says where its
 * messages are (findThread.ts).
 * - The list takes `status`, `agent_id` (`none`: nobody's), `contact_id`, `workspace_email_id`, `tag`, `changed_since`, `q` (words of
 *   subject and messages, the last one may be begun), `spam` and `trash` (left out without them).
 * - `POST` opens one with a message that goes out: 202 with the thread and `message`; 409 when the Idempotency-Key was used
 *   for something else.
 * - `PATCH` changes it: 412 where it is no longer what `If-Match` says.
 */
export function threadRoutes(
  router: ApiRouter,
  user: Authenticate,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const path = `/${kind}s`;
  const { models } = deps;
  const model = threadsOf(models, kind);
  const etag = (row: ThreadRow) => etagOf(...threadTagParts(kind, row));

  router.get(path, user, async (ctx) => {
    const query = readQuery(ctx.query, ThreadQuery);
    const page = await readPage<ThreadRow>(model, filterOf(ctx.state.user, query), query, {
      order: 'newest first',
      projection: WITHOUT_LISTS,
    });
    ctx.body = {
      data: await showThreads(page.rows, kind, ctx.state.user, deps),
      next_cursor: page.next_cursor,
    };
  });

  router.get(`${path}/:id`, user, async (ctx) => {
    const { trash } = readQuery(ctx.query, OneThreadQuery);
    const here = { ...seenBy(ctx.state.user), _id: ctx.params.id, hidden: 'trash' as const };
    const trashed = trash === 'true' ? await model.findOne(here, WITHOUT_LISTS).lean<ThreadRow>() : null;
    const row = trashed ?? (await findThread(models, kind, ctx.params.id, ctx.state.user));
    ctx.set('ETag', etag(row));
    [ctx.body] = await showThreads([row], kind, ctx.state.user, deps);
  });

  router.patch(`${path}/:id`, user, jsonBody, async (ctx) => {
    const asking = ctx.state.user;
    const wanted = readBody(ctx, ThreadChangeBody);
    const row = await changeRow<ThreadRow>(ctx, {
      find: () => findThread(models, kind, ctx.params.id, asking),
      etag,
      decide: (found) => threadChange(models, found, wanted, asking),
      write: (found, change) =>
        model
          .findOneAndUpdate({ ...unchanged(found), ...seenBy(asking) }, change, {
            returnDocument: 'after',
            projection: WITHOUT_LISTS,
          })
          .lean<ThreadRow>(),
    });
    ctx.set('ETag', etag(row));
    [ctx.body] = await showThreads([row], kind, asking, deps);
  });

  router.post(path, user, jsonBody, async (ctx) => {
    const asking = ctx.state.user;
    const body: z.output<typeof NewConversationBody> =
      kind === 'ticket' ? readBody(ctx, NewTicketBody) : readBody(ctx, NewConversationBody);
    const message = await saveAndStart(ctx, deps, requestOf(ctx, asking), draftOf(body), (order) =>
      newThread({ models, ...deps.config }, order, kind, body.personal ?? null),
    );
    const row = await model.findOne({ ...seenBy(asking), _id: message.thread_id }).lean<ThreadRow>();
    if (!row) throw notFound();
    const [thread] = await showThreads([row], kind, asking, deps);
    ctx.status = 202;
    ctx.body = { ...thread, message: await showMessage(message, asking, deps) };
  });
}
