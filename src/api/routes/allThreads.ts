import { z } from 'zod';
import { pageOf } from '../../core/presenters/schemas.ts';
import { showListed } from '../../core/presenters/show.ts';
import { withSnippets } from '../../core/presenters/searchSnippet.ts';
import { Conversation, Ticket } from '../../core/presenters/thread.ts';
import type { RouteDeps } from '../deps.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { readThreads } from '../threadOrder.ts';
import { AnyThreadQuery } from '../threadQuery.ts';
import { threadList } from '../threadViews.ts';

const Thread = z.discriminatedUnion('kind', [Ticket, Conversation]).meta({ id: 'Thread' });

/** `threads`: tickets, shared conversations, and the personal ones of the user, in one list. */
export function allThreadRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  route(
    {
      method: 'GET',
      path: '/threads',
      role: 'member',
      scope: 'read',
      summary: 'List threads',
      description:
        'Tickets and conversations together. Without `spam`, `trash` and `snoozed`, spam, the trash and ' +
        'what is snoozed are left out.',
      query: AnyThreadQuery,
      refuses: { 404: 'You have no saved view with this id.' },
      answer: pageOf(Thread),
    },
    async (ctx, { query }) => {
      const { user } = ctx.state;
      const { models } = deps;
      const snoozed = query.snoozed ?? (query.view === undefined ? 'false' : undefined);
      const { ranges, order } = await threadList(models, user, query.kind, { ...query, snoozed });
      const page = await readThreads(models, ranges, query, order);
      const shown = await showListed(page.rows, user, deps);
      return { data: await withSnippets(models, user, shown, query.q), next_cursor: page.next_cursor };
    },
  );
}
