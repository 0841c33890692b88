import { z } from 'zod';
import { countThreads, MOST_CLOSED, MOST_COUNTED } from '../../core/presenters/countThreads.ts';
import { countViews, MOST_IN_VIEW, MOST_VIEWS } from '../countViews.ts';
import type { RouteDeps } from '../deps.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const Number = z.int().min(0);
const Count = z.object({
  total: Number,
  unread: Number.meta({ description: 'For the user who asks. Of messages: 0.' }),
  capped: z.boolean().meta({ description: `There may be more: counting stops at ${MOST_COUNTED}.` }),
});
const statuses = { open: Number, pending: Number, closed: Number };
const Counts = z
  .object({
    inbox: Count.meta({ description: 'Open, and the user’s or nobody’s; as in `GET threads?inbox=true`.' }),
    unassigned: Count.meta({ description: 'Without an agent.' }),
    all: Count,
    waiting: Count.meta({ description: 'With mail that nobody has answered.' }),
    snoozed: Count,
    closed: Count.meta({ description: `Up to ${MOST_CLOSED}.` }),
    drafts: Count.meta({ description: 'The user’s own.' }),
    shared: Count.meta({ description: 'Shared conversations.' }),
    personal: Count.meta({ description: 'The user’s personal conversations.' }),
    outbox: Count.meta({ description: 'Messages that have not gone out, or may not have.' }),
    failed: Count.meta({ description: 'Messages that have failed or are unconfirmed.' }),
    spam: Count,
    trash: Count,
    addresses: z
      .record(z.string(), Count)
      .meta({ description: 'By the id of the workspace email; one without threads is left out.' }),
    views: z.record(z.string(), Count).meta({
      description:
        `By the id of the saved view: what \`GET threads?view=\` lists, up to ${MOST_IN_VIEW}. Only of the ` +
        `${MOST_VIEWS} newest views.`,
    }),
    tickets: z.object({ ...statuses, mine: Number, unassigned: Number }),
    conversations: z.object({ shared: z.object(statuses), own: z.object(statuses) }),
  })
  .meta({ id: 'Counts' });

/** `counts`: the numbers of a sidebar. */
export function countRoutes(route: AddWorkspaceRoute, { models }: RouteDeps): void {
  route(
    {
      method: 'GET',
      path: '/counts',
      role: 'member',
      scope: 'read',
      summary: 'Count tickets and conversations',
      description:
        `Exact up to ${MOST_COUNTED}; closed ones up to ${MOST_CLOSED}. Except where a name says otherwise, ` +
        'of tickets, shared and own personal conversations, without spam, trash, closed and snoozed ones. ' +
        '`GET tags` counts the tags. `tickets` and `conversations` count by status, with snoozed ones.',
      answer: Counts,
    },
    async (ctx) => {
      const { user } = ctx.state;
      const [counts, views] = await Promise.all([countThreads(models, user), countViews(models, user)]);
      return { ...counts, views };
    },
  );
}
