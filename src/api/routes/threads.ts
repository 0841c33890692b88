import { pageOf } from '../../core/presenters/schemas.ts';
import { showThread, showThreads } from '../../core/presenters/show.ts';
import { withSnippets } from '../../core/presenters/searchSnippet.ts';
import { threadSchemas } from '../../core/presenters/thread.ts';
import { seenBy } from '../../core/presenters/visibility.ts';
import { threadsOf, WITHOUT_LISTS } from '../../core/threads/threads.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { ThreadRow } from '../../infra/models/thread.ts';
import { changeRow } from '../changeRow.ts';
import type { RouteDeps } from '../deps.ts';
import { threadFinder } from '../findThread.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { shareContact, startSnooze, threadChange, ThreadChangeBody, threadTag } from '../threadChange.ts';
import { readThreads } from '../threadOrder.ts';
import { OneThreadQuery, ThreadQuery } from '../threadQuery.ts';
import { threadList } from '../threadViews.ts';
import { threadWriter } from '../threadWrite.ts';

/** `tickets` or `conversations`. Personal conversations are visible to their owner only. */
export function threadRoutes(
  route: AddWorkspaceRoute,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models } = deps;
  const path = `/${kind}s`;
  const model = threadsOf(models, kind);
  const Thread = threadSchemas[kind];
  const find = threadFinder(models, kind);
  const etag = (row: ThreadRow) => threadTag(kind, row);

  route(
    {
      method: 'GET',
      path,
      role: 'member',
      scope: 'read',
      summary: `List ${kind}s`,
      description: 'Without `spam` and `trash`, spam and the trash are left out.',
      query: ThreadQuery,
      refuses: { 404: 'You have no saved view with this id.' },
      answer: pageOf(Thread),
    },
    async (ctx, { query }) => {
      const { user } = ctx.state;
      const { ranges, order } = await threadList(models, user, [kind], query);
      const page = await readThreads(models, ranges, query, order);
      const rows = page.rows.map(({ row }) => row);
      const shown = await showThreads(rows, kind, user, deps);
      return { data: await withSnippets(models, user, shown, query.q), next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'GET',
      path: `${path}/:id`,
      role: 'member',
      scope: 'read',
      summary: `Read a ${kind}`,
      description:
        `For a ${kind} that was merged, the 404 says in \`merged_into\`, \`merged_kind\` and ` +
        '`merged_number` where its messages are.',
      query: OneThreadQuery,
      answer: Thread,
      etag: true,
    },
    async (ctx, { query }) => {
      const filter = { ...seenBy(ctx.state.user), _id: ctx.params.id, hidden: 'trash' as const };
      const trashed =
        query.trash === 'true' ? await model.findOne(filter, WITHOUT_LISTS).lean<ThreadRow>() : null;
      const row = trashed ?? (await find(ctx));
      ctx.set('ETag', etag(row));
      return showThread(row, kind, ctx.state.user, deps);
    },
  );

  route(
    {
      method: 'PATCH',
      path: `${path}/:id`,
      role: 'member',
      scope: 'write',
      summary: `Change a ${kind}`,
      body: ThreadChangeBody,
      answer: Thread,
      etag: true,
      find,
    },
    async (ctx, { row, body }) => {
      const { user } = ctx.state;
      const changed = await changeRow<ThreadRow>(ctx, {
        row,
        reread: () => find(ctx),
        etag,
        decide: (read) => threadChange(models, read, body, user),
        write: threadWriter(models, kind, user),
      });
      if (body.contact_id !== undefined) await shareContact(models, changed);
      if (body.snoozed_until) startSnooze(deps, kind, changed);
      ctx.set('ETag', etag(changed));
      return showThread(changed, kind, user, deps);
    },
  );
}
