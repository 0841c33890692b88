import type { Model } from 'mongoose';
import { THREAD_STATUSES } from '../../models/thread.ts';
import type { Authenticate } from '../auth.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';

/** More are not counted, so that a sidebar costs the same however large the workspace is: this many means "or more". */
const MOST = 1_000;

/**
 * `GET counts`: what a sidebar shows of tickets and of shared and own conversations, without spam and trash. `mine` and
 * `unassigned` are those that are not closed. 1,000 is the most that is counted.
 */
export function countRoutes(router: ApiRouter, user: Authenticate, { models }: RouteDeps): void {
  router.get('/counts', user, async (ctx) => {
    const { workspaceId: workspace_id, userId } = ctx.state.user;
    const count = <Row>(model: Model<Row>, audience: string, filter: object) =>
      model.countDocuments({ workspace_id, audience, hidden: null, ...filter }, { limit: MOST });
    const byStatus = async <Row>(model: Model<Row>, audience: string) => {
      const [open, pending, closed] = await Promise.all(
        THREAD_STATUSES.map((status) => count(model, audience, { status })),
      );
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
    ctx.body = { tickets: { ...tickets, mine, unassigned }, conversations: { shared, own } };
  });
}
