import { z } from 'zod';
import { presentIn, sendSignal, SIGNAL_MS } from '../../core/events/signals.ts';
import { presentPresence, Presence } from '../../core/presenters/signal.ts';
import { seenBy } from '../../core/presenters/visibility.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import type { RouteDeps } from '../deps.ts';
import { threadFinder } from '../findThread.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const PresenceBody = z.strictObject({
  viewing: z.boolean('must be true or false').default(true),
  writing: z.boolean('must be true or false').default(false),
});

/** Saying that one has a ticket or conversation open, and who else has. */
export function presenceRoutes(
  route: AddWorkspaceRoute,
  deps: RouteDeps,
  kind: MessageRow['thread_kind'],
): void {
  const { models } = deps;

  route(
    {
      method: 'POST',
      path: `/${kind}s/:id/presence`,
      role: 'member',
      scope: 'write',
      summary: `Say that you have a ${kind} open`,
      description:
        `It ends after ${SIGNAL_MS / 1_000} seconds, so repeat it every 20. Who sees the ${kind} receives it as ` +
        'the event `thread.presence` of their stream. The answer has everybody who has it open now.',
      body: PresenceBody,
      answer: z.object({ data: z.array(Presence) }),
      idempotency: 'answer kept',
      find: threadFinder(models, kind),
    },
    async (ctx, { row, body }) => {
      const { user } = ctx.state;
      const { workspace_id, audience, _id } = row;
      const here = { workspace_id, audience, thread_kind: kind, thread_id: _id };
      await sendSignal(models, { ...here, type: 'thread.presence', user_id: user.userId, ...body });
      return { data: (await presentIn(models, _id, seenBy(user))).map(presentPresence) };
    },
  );
}
