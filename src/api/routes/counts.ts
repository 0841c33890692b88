import type { Model } from 'mongoose';
import { z } from 'zod';
import type { ThreadRow } from '../../infra/models/thread.ts';
import type { RouteDeps } from '../deps.ts';
import type { AddWorkspaceRoute } from '../route.ts';

/**
 * Counting stops here, so that it costs the same however large the workspace is. This number means "or more".
 */
const MOST = 1_000;

type Status = ThreadRow['status'];
const Count = z.int().min(0).max(MOST);
const statuses = { open: Count, pending: Count, closed: Count } satisfies Record<Status, typeof Count>;
const Counts = z
  .object({
    tickets: z.object({
      ...statuses,
      mine: Count.meta({ description: 'Those of the user that are not closed.' }),
      unassigned: Count.meta({ description: 'Those without an agent that are not closed.' }),
    }),
    conversations: z.object({
      shared: z.object(statuses),
      own: z.object(statuses).meta({ description: 'The user’s personal ones.' }),
    }),
  })
  .meta({ id: 'Counts' });

/** `counts`: the numbers of a sidebar. */
export function countRoutes(route: AddWorkspaceRoute, { models }: RouteDeps): void {
  const count = <Row>(model: Model<Row>, filter: object) =>
    model.countDocuments({ ...filter, hidden: null }, { limit: MOST });
  const countByStatus = async <Row>(model: Model<Row>, filter: object) => {
    const withStatus = (status: Status) => count(model, { ...filter, status });
    const [open, pending, closed] = await Promise.all([
      withStatus('open'),
      withStatus('pending'),
      withStatus('closed'),
    ]);
    return { open, pending, closed };
  };

  route(
    {
      method: 'GET',
      path: '/counts',
      role: 'member',
      scope: 'read',
      summary: 'Count tickets and conversations',
      description: `Without spam and trash. Counting stops at ${MOST}: that number means “or more”.`,
      answer: Counts,
    },
    async (ctx) => {
      const { workspaceId: workspace_id, userId } = ctx.state.user;
      const inTickets = { workspace_id, audience: 'tickets' };
      const notClosed = { ...inTickets, status: { $in: ['open', 'pending'] } };
      const [tickets, mine, unassigned, shared, own] = await Promise.all([
        countByStatus(models.Ticket, inTickets),
        count(models.Ticket, { ...notClosed, agent_id: userId }),
        count(models.Ticket, { ...notClosed, agent_id: null }),
        countByStatus(models.Conversation, { workspace_id, audience: 'shared' }),
        countByStatus(models.Conversation, { workspace_id, audience: `owner:${userId}` }),
      ]);
      return { tickets: { ...tickets, mine, unassigned }, conversations: { shared, own } };
    },
  );
}
