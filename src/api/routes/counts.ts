import type { Model } from 'mongoose';
import { z } from 'zod';
import type { ThreadRow } from '../../infra/models/thread.ts';
import type { Authenticate } from '../auth.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { operation } from '../operation.ts';

/** More are not counted, so that a sidebar costs the same however large the workspace is: this many means "or more". */
const MOST = 1_000;

type Status = ThreadRow['status'];
const Count = z.int().min(0).max(MOST);
const statuses = { open: Count, pending: Count, closed: Count } satisfies Record<Status, typeof Count>;
const Counts = z
  .object({
    tickets: z.object({
      ...statuses,
      mine: Count.meta({ description: 'Not closed.' }),
      unassigned: Count.meta({ description: 'Not closed.' }),
    }),
    conversations: z.object({
      shared: z.object(statuses),
      own: z.object(statuses).meta({ description: 'The user’s personal ones.' }),
    }),
  })
  .meta({ id: 'Counts' });

/** `counts`: what a sidebar shows. */
export function countRoutes(router: ApiRouter, user: Authenticate, { models }: RouteDeps): void {
  router.get(
    '/counts',
    user,
    operation(
      {
        summary: 'Count tickets and conversations',
        description: `What a sidebar shows, without spam and trash. No more than ${MOST} are counted: that many means “or more”.`,
        answer: Counts,
      },
      async (ctx) => {
        const { workspaceId: workspace_id, userId } = ctx.state.user;
        const count = <Row>(model: Model<Row>, audience: string, filter: object) =>
          model.countDocuments({ workspace_id, audience, hidden: null, ...filter }, { limit: MOST });
        const byStatus = async <Row>(model: Model<Row>, audience: string) => {
          const ofStatus = (status: Status) => count(model, audience, { status });
          const [open, pending, closed] = await Promise.all([
            ofStatus('open'),
            ofStatus('pending'),
            ofStatus('closed'),
          ]);
          return { open, pending, closed };
        };
        const notClosed = { status: { $in: ['open', 'pending'] } };
        const [tickets, mine, unassigned, shared, own] = await Promise.all([
          byStatus(models.Ticket, 'tickets'),
          count(models.Ticket, 'tickets', { agent_id: userId, ...notClosed }),
          count(models.Ticket, 'tickets', { agent_id: null, ...notClosed }),
          byStatus(models.Conversation, 'shared'),
          byStatus(models.Conversation, `owner:${userId}`),
        ]);
        return { tickets: { ...tickets, mine, unassigned }, conversations: { shared, own } };
      },
    ),
  );
}
