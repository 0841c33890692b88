import type { z } from 'zod';
import type { MessageRow } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { newThread } from '../../core/replies/newThread.ts';
import { threadsOf, unchanged, WITHOUT_LISTS } from '../../core/threads/threads.ts';
import type { Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import { changeRow } from '../changeRow.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { draftOf, NewConversationBody, NewTicketBody } from '../draft.ts';
import { threadFinder } from '../findThread.ts';
import { operation } from '../operation.ts';
import { readPage } from '../paging.ts';
import { Message } from '../../core/presenters/message.ts';
import { threadSchemas } from '../../core/presenters/thread.ts';
import { notFound } from '../problem.ts';
import { requestOf } from '../request.ts';
import { saveAndStart } from '../saveAndStart.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { showMessage, showThread, showThreads } from '../../core/presenters/show.ts';
import { showContact, threadChange, ThreadChangeBody, threadTag } from '../threadChange.ts';
import { filterOf, OneThreadQuery, ThreadQuery } from '../threadQuery.ts';
import { seenBy } from '../../core/presenters/visibility.ts';

/** `tickets` or `conversations`, and `/{id}`; personal conversations for their owner. */
export function threadRoutes(
  router: ApiRouter,
  user: Authenticate,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const path = `/${kind}s`;
  const { models } = deps;
  const model = threadsOf(models, kind);
  const Thread = threadSchemas[kind];
  const find = threadFinder(models, kind);
  const etag = (row: ThreadRow) => threadTag(kind, row);

  router.get(
    path,
    user,
    operation(
      {
        summary: `List ${kind}s`,
        description: 'Without `spam` or `trash` neither spam nor what is in the trash.',
        query: ThreadQuery,
        answer: pageOf(Thread),
      },
      async (ctx, { query }) => {
        const page = await readPage<ThreadRow>(model, filterOf(ctx.state.user, query), query, {
          order: 'newest first',
          projection: WITHOUT_LISTS,
        });
        const data = await showThreads(page.rows, kind, ctx.state.user, deps);
        return { data, next_cursor: page.next_cursor };
      },
    ),
  );

  router.get(
    `${path}/:id`,
    user,
    operation(
      {
        summary: `Read a ${kind}`,
        description: 'The 404 of one that was merged says where its messages are: `merged_into`.',
        query: OneThreadQuery,
        answer: Thread,
        etag: true,
      },
      async (ctx, { query }) => {
        const here = { ...seenBy(ctx.state.user), _id: ctx.params.id, hidden: 'trash' as const };
        const trashed =
          query.trash === 'true' ? await model.findOne(here, WITHOUT_LISTS).lean<ThreadRow>() : null;
        const row = trashed ?? (await find(ctx));
        ctx.set('ETag', etag(row));
        return showThread(row, kind, ctx.state.user, deps);
      },
    ),
  );

  router.patch(
    `${path}/:id`,
    user,
    jsonBody,
    operation(
      { summary: `Change a ${kind}`, body: ThreadChangeBody, answer: Thread, etag: true, find },
      async (ctx, { body }) => {
        const asking = ctx.state.user;
        const row = await changeRow<ThreadRow>(ctx, {
          find: () => find(ctx),
          etag,
          decide: (found) => threadChange(models, found, body, asking),
          write: (found, change) =>
            model
              .findOneAndUpdate({ ...unchanged(found), ...seenBy(asking) }, change, {
                returnDocument: 'after',
                projection: WITHOUT_LISTS,
              })
              .lean<ThreadRow>(),
        });
        if (body.contact_id !== undefined) await showContact(models, row);
        ctx.set('ETag', etag(row));
        return showThread(row, kind, asking, deps);
      },
    ),
  );

  router.post(
    path,
    user,
    jsonBody,
    operation(
      {
        summary: `Open a ${kind}`,
        description: 'With the message that begins it, which goes out when it can no longer be taken back.',
        body: kind === 'ticket' ? NewTicketBody : NewConversationBody,
        status: 202,
        answer: Thread.extend({ message: Message }).meta({ id: `Opened${Thread.meta()!.id}` }),
        isKeyed: true,
      },
      async (ctx, { body }) => {
        const asking = ctx.state.user;
        const { personal = null }: z.output<typeof NewConversationBody> = body;
        const message = await saveAndStart(ctx, deps, requestOf(ctx, asking), draftOf(body), (order) =>
          newThread({ models, ...deps.config }, order, kind, personal),
        );
        const row = await model.findOne({ ...seenBy(asking), _id: message.thread_id }).lean<ThreadRow>();
        if (!row) throw notFound();
        const thread = await showThread(row, kind, asking, deps);
        return { ...thread, message: await showMessage(message, asking, deps) };
      },
    ),
  );
}
