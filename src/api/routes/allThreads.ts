import { z } from 'zod';
import { pageOf } from '../../core/presenters/schemas.ts';
import { showListed } from '../../core/presenters/show.ts';
import { withSnippets } from '../../core/presenters/searchSnippet.ts';
import { Conversation, Ticket } from '../../core/presenters/thread.ts';
import type { RouteDeps } from '../deps.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { readThreads } from '../threadOrder.ts';
import { AnyThreadQuery, filterOf } from '../threadQuery.ts';
import { withAssigneeIds } from '../threadSearch.ts';

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
      answer: pageOf(Thread),
    },
    async (ctx, { query }) => {
      const { user } = ctx.state;
      const { models } = deps;
      const asked = await withAssigneeIds(models, user, query);
      const page = await readThreads(models, query.kind, filterOf(user, asked), query);
      const shown = await showListed(page.rows, user, deps);
      return { data: await withSnippets(models, user, shown, query.q), next_cursor: page.next_cursor };
    },
  );
}
