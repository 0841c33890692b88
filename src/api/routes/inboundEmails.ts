import { z } from 'zod';
import { INBOUND_STATES } from '../../infra/models/inboundEmail.ts';
import type { InboundEmailRow } from '../../infra/models/index.ts';
import type { Authenticate } from '../auth.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { idempotent } from '../idempotent.ts';
import { operation } from '../operation.ts';
import { ListQuery, readPage } from '../paging.ts';
import {
  INBOUND_EMAIL_FIELDS,
  InboundEmail,
  presentInboundEmail,
  type SeenIds,
} from '../../core/presenters/inboundEmail.ts';
import { notFound, Problem } from '../problem.ts';
import { PostedForm, sendRaw } from '../raw.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { Unavailable } from '../unavailable.ts';
import {
  inboundEmailsSeenBy,
  seenBy,
  threadsSeenBy,
  type ApiUser,
} from '../../core/presenters/visibility.ts';

const InboundEmailQuery = ListQuery.extend({
  state: z.enum(INBOUND_STATES, `must be one of ${INBOUND_STATES.join(', ')}`).optional(),
});

const RAW_AND_SHOWN = { ...INBOUND_EMAIL_FIELDS, key: 1, provider: 1, raw: 1 };

const rawGone = () =>
  new Problem(410, 'The mail as it was posted has been deleted: it is kept for a time only.');

/** `inbound-emails`: each mail that was posted, as it was, and what became of it. */
export function inboundEmailRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  const { models, links } = deps;

  const find = async (id: string | undefined, asking: ApiUser): Promise<InboundEmailRow> => {
    const mine = { ...inboundEmailsSeenBy(asking), _id: id };
    const row = await models.InboundEmail.findOne(mine, RAW_AND_SHOWN).lean<InboundEmailRow>();
    if (!row) throw notFound();
    return row;
  };

  router.get(
    '/inbound-emails',
    user,
    operation(
      { summary: 'List inbound emails', query: InboundEmailQuery, answer: pageOf(InboundEmail) },
      async (ctx, { query: { state, ...query } }) => {
        const filter = { ...inboundEmailsSeenBy(ctx.state.user), ...(state && { state }) };
        const page = await readPage<InboundEmailRow>(models.InboundEmail, filter, query, {
          order: 'newest first',
          projection: INBOUND_EMAIL_FIELDS,
        });
        const seen = await seenIds(page.rows, ctx.state.user, deps);
        const data = page.rows.map((row) => presentInboundEmail(row, seen, ctx.state.user, links));
        return { data, next_cursor: page.next_cursor };
      },
    ),
  );

  router.get(
    '/inbound-emails/:id',
    user,
    operation({ summary: 'Read an inbound email', answer: InboundEmail }, async (ctx) => {
      const row = await find(ctx.params.id, ctx.state.user);
      return presentInboundEmail(row, await seenIds([row], ctx.state.user, deps), ctx.state.user, links);
    }),
  );

  router.get(
    '/inbound-emails/:id/raw',
    user,
    operation(
      {
        summary: 'Download an inbound email',
        description: 'As it was posted: its MIME where that is what came, else the form as JSON.',
        answer: PostedForm,
        streams: ['message/rfc822'],
        refuses: { 410: 'It has been deleted: raw mail is kept for a time only.' },
      },
      async (ctx) => {
        const row = await find(ctx.params.id, ctx.state.user);
        if (row.raw) throw rawGone();
        await sendRaw(ctx, row, deps);
      },
    ),
  );

  router.post(
    '/inbound-emails/:id/rerun',
    user,
    idempotent(deps),
    operation(
      {
        summary: 'Run an inbound email again',
        description: 'Answers with its new workflow.',
        status: 202,
        answer: InboundEmail,
        refuses: {
          409: 'It is routed, files and all, or on its way.',
          410: 'The mail as it was posted has been deleted.',
        },
      },
      async (ctx) => {
        const row = await find(ctx.params.id, ctx.state.user);
        const again = await fromTemporal(deps.rerun(row._id), deps);
        if (again.result === 'not found') throw notFound();
        if (again.result === 'raw gone') throw rawGone();
        if (again.result === 'not needed')
          throw new Problem(
            409,
            'Only mail that is held, skipped or failed, or misses a file, can be run again.',
          );
        const seen = await seenIds([row], ctx.state.user, deps);
        return presentInboundEmail({ ...row, run: again.run }, seen, ctx.state.user, links);
      },
    ),
  );
}

/** Temporal's errors are of many kinds, none of which says more to the person who asked. */
async function fromTemporal<T>(work: Promise<T>, { log }: RouteDeps): Promise<T> {
  try {
    return await work;
  } catch (error) {
    log.warn({ error: error instanceof Error ? error.name : 'unknown' }, 'a mail could not be run again');
    throw new Unavailable();
  }
}

/** A mail may have landed in several audiences; each user learns only of the messages and threads that they may see. */
async function seenIds(rows: InboundEmailRow[], user: ApiUser, { models }: RouteDeps): Promise<SeenIds> {
  const named = (ids: (string | null)[]) => ({
    ...seenBy(user),
    _id: { $in: ids.filter((id) => id !== null) },
  });
  const live = (ids: (string | null)[]) => ({ ...named(ids), ...threadsSeenBy(user) });
  const messageIds = rows.flatMap((row) => [...row.message_ids, row.about_message_id ?? null]);
  const [messages, tickets, conversations] = await Promise.all([
    models.Message.find(named(messageIds), { _id: 1 }).lean(),
    models.Ticket.find(live(rows.map((row) => row.ticket_id)), { _id: 1 }).lean(),
    models.Conversation.find(live(rows.map((row) => row.conversation_id)), { _id: 1 }).lean(),
  ]);
  const ids = (found: { _id: string }[]) => new Set(found.map((row) => row._id));
  return { messages: ids(messages), threads: ids([...tickets, ...conversations]) };
}
