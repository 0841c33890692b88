import { z } from 'zod';
import type { InboundEmailRow } from '../../models/index.ts';
import type { Authenticate } from '../auth.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { idempotent } from '../idempotent.ts';
import { ListQuery, readPage } from '../paging.ts';
import { INBOUND_EMAIL_FIELDS, presentInboundEmail, type SeenIds } from '../presenters/inboundEmail.ts';
import { notFound, Problem } from '../problem.ts';
import { readQuery } from '../query.ts';
import { sendRaw } from '../raw.ts';
import { Unavailable } from '../unavailable.ts';
import { inboundEmailsSeenBy, seenBy, threadsSeenBy, type ApiUser } from '../visibility.ts';

const States = ['received', 'held', 'routed', 'skipped', 'failed'] as const;
const InboundEmailQuery = ListQuery.extend({
  state: z.enum(States, `must be one of ${States.join(', ')}`).optional(),
});

const RAW_AND_SHOWN = { ...INBOUND_EMAIL_FIELDS, key: 1, provider: 1, raw: 1 };

const rawGone = () =>
  new Problem(410, 'The mail as it was posted has been deleted: it is kept for a time only.');

/**
 * `inbound-emails` (filter `state`), `inbound-emails/{id}`, `/{id}/raw` (the mail as it was posted; 410 when it has been
 * deleted, after `RETENTION_DAYS`), and
 * `POST /{id}/rerun`: 202 with the row and its new workflow; 409 when the mail is routed, files and all, or on its way.
 */
export function inboundEmailRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  const { models, links } = deps;

  router.get('/inbound-emails', user, async (ctx) => {
    const { state, ...query } = readQuery(ctx.query, InboundEmailQuery);
    const filter = { ...inboundEmailsSeenBy(ctx.state.user), ...(state && { state }) };
    const page = await readPage<InboundEmailRow>(models.InboundEmail, filter, query, {
      order: 'newest first',
      projection: INBOUND_EMAIL_FIELDS,
    });
    const seen = await seenIds(page.rows, ctx.state.user, deps);
    ctx.body = {
      data: page.rows.map((row) => presentInboundEmail(row, seen, ctx.state.user, links)),
      next_cursor: page.next_cursor,
    };
  });

  const find = async (id: string | undefined, asking: ApiUser): Promise<InboundEmailRow> => {
    const mine = { ...inboundEmailsSeenBy(asking), _id: id };
    const row = await models.InboundEmail.findOne(mine, RAW_AND_SHOWN).lean<InboundEmailRow>();
    if (!row) throw notFound();
    return row;
  };

  router.get('/inbound-emails/:id', user, async (ctx) => {
    const row = await find(ctx.params.id, ctx.state.user);
    ctx.body = presentInboundEmail(row, await seenIds([row], ctx.state.user, deps), ctx.state.user, links);
  });

  router.get('/inbound-emails/:id/raw', user, async (ctx) => {
    const row = await find(ctx.params.id, ctx.state.user);
    if (row.raw) throw rawGone();
    await sendRaw(ctx, row, deps);
  });

  router.post('/inbound-emails/:id/rerun', user, idempotent(deps), async (ctx) => {
    const row = await find(ctx.params.id, ctx.state.user);
    const again = await fromTemporal(deps.rerun(row._id), deps);
    if (again.result === 'not found') throw notFound();
    if (again.result === 'raw gone') throw rawGone();
    if (again.result === 'not needed') {
      throw new Problem(
        409,
        'Only mail that is held, skipped or failed, or misses a file, can be run again.',
      );
    }
    const seen = await seenIds([row], ctx.state.user, deps);
    ctx.status = 202;
    ctx.body = presentInboundEmail({ ...row, run: again.run }, seen, ctx.state.user, links);
  });
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
