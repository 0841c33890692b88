import type { z } from 'zod';
import type { MessageRow } from '../../models/index.ts';
import type { ThreadRow } from '../../models/thread.ts';
import { newThread } from '../../replies/newThread.ts';
import { threadsOf } from '../../threads/applyToThread.ts';
import type { Authenticate } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { draftOf, NewConversationBody, NewTicketBody } from '../draft.ts';
import { ListQuery, readPage } from '../paging.ts';
import { notFound } from '../problem.ts';
import { readQuery } from '../query.ts';
import { requestOf } from '../request.ts';
import { saveAndStart } from '../saveAndStart.ts';
import { showMessage, showThreads } from '../show.ts';
import { seenBy } from '../visibility.ts';

/**
 * `tickets` or `conversations`, and `/{id}`; personal conversations for their owner. `POST` opens one with a message that goes
 * out: 202 with the thread and `message`; 409 when the Idempotency-Key was used for something else.
 */
export function threadRoutes(
  router: ApiRouter,
  user: Authenticate,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const path = `/${kind}s`;
  const model = threadsOf(deps.models, kind);

  router.get(path, user, async (ctx) => {
    const query = readQuery(ctx.query, ListQuery);
    const page = await readPage<ThreadRow>(model, seenBy(ctx.state.user), query, { order: 'newest first' });
    ctx.body = {
      data: await showThreads(page.rows, kind, ctx.state.user, deps),
      next_cursor: page.next_cursor,
    };
  });

  router.get(`${path}/:id`, user, async (ctx) => {
    const row = await model.findOne({ ...seenBy(ctx.state.user), _id: ctx.params.id }).lean<ThreadRow>();
    if (!row) throw notFound();
    [ctx.body] = await showThreads([row], kind, ctx.state.user, deps);
  });

  router.post(path, user, jsonBody, async (ctx) => {
    const asking = ctx.state.user;
    const body: z.output<typeof NewConversationBody> =
      kind === 'ticket' ? readBody(ctx, NewTicketBody) : readBody(ctx, NewConversationBody);
    const message = await saveAndStart(ctx, deps, requestOf(ctx, asking), draftOf(body), (order) =>
      newThread({ models: deps.models, ...deps.config }, order, kind, body.personal ?? null),
    );
    const row = await model.findOne({ ...seenBy(asking), _id: message.thread_id }).lean<ThreadRow>();
    if (!row) throw notFound();
    const [thread] = await showThreads([row], kind, asking, deps);
    ctx.status = 202;
    ctx.body = { ...thread, message: await showMessage(message, asking, deps) };
  });
}
