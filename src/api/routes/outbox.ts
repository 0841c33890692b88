import { z } from 'zod';
import { Message } from '../../core/presenters/message.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { NOT_SHOWN, showMessages } from '../../core/presenters/show.ts';
import { ThreadRef, threadRefs } from '../../core/presenters/threadRefs.ts';
import { seenBy } from '../../core/presenters/visibility.ts';
import { OUTBOX_STATES } from '../../core/presenters/countThreads.ts';
import type { MessageRow } from '../../infra/models/index.ts';
import { previewOf } from '../../mail/preview.ts';
import type { RouteDeps } from '../deps.ts';
import { ListQuery, readPage } from '../paging.ts';
import type { AddWorkspaceRoute } from '../route.ts';

type State = (typeof OUTBOX_STATES)[number];
const isState = (text: string): text is State => (OUTBOX_STATES as readonly string[]).includes(text);

const OutboxQuery = ListQuery.extend({
  state: z
    .string('must be given once')
    .transform((text, check): State[] => {
      const states = text.split(',');
      if (states.every(isState)) return states;
      check.addIssue(`must be of ${OUTBOX_STATES.join(', ')}`);
      return z.NEVER;
    })
    .optional()
    .meta({ description: 'One or several with commas: `failed,unconfirmed`. Defaults to all five.' }),
});

const OutboxMessage = Message.omit({ text: true, html: true })
  .extend({
    preview: z.string().meta({ description: 'First words of the message, without quotes.' }),
    thread: ThreadRef.nullable(),
  })
  .meta({ id: 'OutboxMessage' });

/** `outbox`: what has not gone out, over all threads that the user may see. */
export function outboxRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  const { models } = deps;
  route(
    {
      method: 'GET',
      path: '/outbox',
      role: 'member',
      scope: 'read',
      summary: 'List messages that have not gone out',
      description: 'Failed ones, those of which it is unknown, and those that wait. Newest first.',
      query: OutboxQuery,
      answer: pageOf(OutboxMessage),
    },
    async (ctx, { query: { state, ...query } }) => {
      const { user } = ctx.state;
      const filter = { ...seenBy(user), state: { $in: state ?? [...OUTBOX_STATES] } };
      const page = await readPage<MessageRow>(models.Message, filter, query, {
        order: 'newest first',
        projection: { ...NOT_SHOWN, html: 0 },
        bytes: ({ text }) => text.length,
      });
      const [shown, threads] = await Promise.all([
        showMessages(
          page.rows.map((row) => ({ ...row, html: null })),
          user,
          deps,
        ),
        threadRefs(models, page.rows, user),
      ]);
      const data = shown.map(({ text, ...message }, position) => ({
        ...message,
        html: undefined,
        preview: previewOf(text),
        thread: threads.get(page.rows[position]!.thread_id) ?? null,
      }));
      return { data, next_cursor: page.next_cursor };
    },
  );
}
