import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import {
  INBOUND_EMAIL_FIELDS,
  InboundEmail,
  presentInboundEmail,
  type SeenIds,
} from '../../core/presenters/inboundEmail.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import {
  audiencesOf,
  inboundEmailsSeenBy,
  seenBy,
  threadsSeenBy,
  type ApiUser,
} from '../../core/presenters/visibility.ts';
import { isClosed } from '../../core/threads/audiences.ts';
import { INBOUND_STATES, UNTRACED } from '../../infra/models/inboundEmail.ts';
import type { InboundEmailRow, Models } from '../../infra/models/index.ts';
import { errorCode } from '../../lib/faultOf.ts';
import type { ApiState } from '../auth.ts';
import type { RouteDeps } from '../deps.ts';
import { ListQuery, readPage } from '../paging.ts';
import { notFound, Problem } from '../problem.ts';
import { PostedForm, sendRaw } from '../raw.ts';
import type { AddWorkspaceRoute } from '../route.ts';
import { Unavailable } from '../unavailable.ts';

const InboundEmailQuery = ListQuery.extend({
  state: z.enum(INBOUND_STATES, `must be one of ${INBOUND_STATES.join(', ')}`).optional(),
  stuck: z
    .literal('true', 'must be true')
    .optional()
    .meta({ description: 'Only received mail whose steps have failed for an hour.' }),
});

const RAW_AND_SHOWN = { ...INBOUND_EMAIL_FIELDS, key: 1, provider: 1, raw: 1 };

const RAW_DELETED = 'The mail as it was posted has been deleted: it is kept for a limited time.';
const NOT_RUN_AGAIN =
  'Only mail that is held, skipped, failed or stuck, or that misses a file, can be run again.';

/** Who sees such a mail is one of those for whom it is held, and accepts it for themselves and their teams. */
async function acceptUntraced(
  models: Models,
  { _id, state, reason }: InboundEmailRow,
  user: ApiUser,
): Promise<void> {
  if (state !== 'held' || reason !== UNTRACED) return;
  const released_for = { $each: audiencesOf(user).filter(isClosed) };
  await models.InboundEmail.updateOne({ _id, state: 'held' }, { $addToSet: { released_for } });
}

/** `inbound-emails`: each mail that was posted, as it was posted, and what happened to it. */
export function inboundEmailRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  const { models, links } = deps;

  const find = async ({ params, state }: RouterContext<ApiState>): Promise<InboundEmailRow> => {
    const filter = { ...inboundEmailsSeenBy(state.user), _id: params.id };
    const row = await models.InboundEmail.findOne(filter, RAW_AND_SHOWN).lean<InboundEmailRow>();
    if (!row) throw notFound();
    return row;
  };
  const show = async (rows: InboundEmailRow[], user: ApiUser) => {
    const seen = await seenIds(models, rows, user);
    return rows.map((row) => presentInboundEmail(row, seen, user, links));
  };

  route(
    {
      method: 'GET',
      path: '/inbound-emails',
      role: 'member',
      scope: 'read',
      summary: 'List inbound emails',
      query: InboundEmailQuery,
      answer: pageOf(InboundEmail),
    },
    async (ctx, { query: { state, stuck, ...query } }) => {
      const filter = {
        ...inboundEmailsSeenBy(ctx.state.user),
        ...(state && { state }),
        ...(stuck && { state: 'received', stuck_since: { $ne: null } }),
      };
      const page = await readPage<InboundEmailRow>(models.InboundEmail, filter, query, {
        order: 'newest first',
        isLarge: true,
        projection: INBOUND_EMAIL_FIELDS,
      });
      return { data: await show(page.rows, ctx.state.user), next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'GET',
      path: '/inbound-emails/:id',
      role: 'member',
      scope: 'read',
      summary: 'Read an inbound email',
      answer: InboundEmail,
      find,
    },
    async (ctx, { row }) => {
      const [shown] = await show([row], ctx.state.user);
      return shown!;
    },
  );

  route(
    {
      method: 'GET',
      path: '/inbound-emails/:id/raw',
      role: 'member',
      scope: 'read',
      summary: 'Download an inbound email',
      description: 'As the provider posted it: MIME if it posted that, otherwise the form as JSON.',
      answer: PostedForm,
      streams: ['message/rfc822'],
      refuses: { 410: RAW_DELETED },
      find,
    },
    async (ctx, { row }) => {
      if (row.raw) throw new Problem(410, RAW_DELETED);
      await sendRaw(ctx, row, deps);
    },
  );

  route(
    {
      method: 'POST',
      path: '/inbound-emails/:id/rerun',
      role: 'member',
      scope: 'write',
      summary: 'Run an inbound email again',
      description:
        'The answer names its new workflow. A mail that is held as an untraced copy goes to the personal and team ' +
        'addresses of the user who runs it again.',
      status: 202,
      answer: InboundEmail,
      idempotency: 'answer kept',
      refuses: { 409: NOT_RUN_AGAIN, 410: RAW_DELETED },
      find,
    },
    async (ctx, { row }) => {
      await acceptUntraced(models, row, ctx.state.user);
      const rerun = await fromTemporal(deps.rerun(row._id), deps);
      if (rerun.result === 'not found') throw notFound();
      if (rerun.result === 'raw gone') throw new Problem(410, RAW_DELETED);
      if (rerun.result === 'not needed') throw new Problem(409, NOT_RUN_AGAIN);
      const [shown] = await show([{ ...row, run: rerun.run }], ctx.state.user);
      return shown!;
    },
  );
}

/** Temporal has many kinds of errors; none says more to the person who asked. @throws Unavailable */
async function fromTemporal<T>(work: Promise<T>, { log }: RouteDeps): Promise<T> {
  try {
    return await work;
  } catch (error) {
    log.warn({ error: errorCode(error) }, 'a mail could not be run again');
    throw new Unavailable();
  }
}

/**
 * Ids of messages and threads that the user may see. A mail may have gone to several audiences; each user
 * learns only of their own.
 */
async function seenIds(models: Models, rows: InboundEmailRow[], user: ApiUser): Promise<SeenIds> {
  const among = (ids: (string | null)[]) => ({ _id: { $in: ids.filter((id) => id !== null) } });
  const messageIds = rows.flatMap((row) => [...row.message_ids, row.about_message_id ?? null]);
  const visible = threadsSeenBy(user);
  const [messages, tickets, conversations] = await Promise.all([
    models.Message.find({ ...seenBy(user), ...among(messageIds) }, { _id: 1 }).lean(),
    models.Ticket.find({ ...visible, ...among(rows.map((row) => row.ticket_id)) }, { _id: 1 }).lean(),
    models.Conversation.find(
      { ...visible, ...among(rows.map((row) => row.conversation_id)) },
      { _id: 1 },
    ).lean(),
  ]);
  const idsOf = (visibleRows: { _id: string }[]) => new Set(visibleRows.map(({ _id }) => _id));
  return { messages: idsOf(messages), threads: idsOf([...tickets, ...conversations]) };
}
