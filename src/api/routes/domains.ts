import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { catchAllOf } from '../../core/domains/catchAll.ts';
import { claimDomain, isLive } from '../../core/domains/domainClaims.ts';
import { isPlatforms } from '../../core/addresses/platform.ts';
import { readDomainName } from '../../core/domains/domainName.ts';
import { firstRecords } from '../../core/domains/firstRecords.ts';
import { nextLookAt } from '../../infra/dns/lookGap.ts';
import { updateAddressesOnDomain } from '../../core/domains/addressesOnDomain.ts';
import type { DomainRow } from '../../infra/models/index.ts';
import { ownersOnly, type ApiState, type Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import { changeRow } from '../changeRow.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { etagOf } from '../etag.ts';
import { idempotent } from '../idempotent.ts';
import { operation } from '../operation.ts';
import { ListQuery, readPage } from '../paging.ts';
import { Domain, presentDomain } from '../../core/presenters/domain.ts';
import { notFound, Problem, wrongFields } from '../problem.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import type { ApiUser } from '../../core/presenters/visibility.ts';

const NewDomain = z.strictObject({ name: z.string('must be a domain name, such as acme.com') });
const DomainChange = z.strictObject({
  catch_all: z.string('must be the id of an address, or null').nullable(),
});

/** `domains`: the workspace's claims, with the records to publish, and what DNS answers. */
export function domainRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  const { models, config, wakeSetUp } = deps;
  const keyed = idempotent(deps);

  const show = async (ctx: RouterContext<ApiState>, row: DomainRow) => {
    ctx.set('ETag', etag(row));
    return present(row);
  };
  const present = async (row: DomainRow) => {
    const { workspace_id, catch_all_id } = row;
    return presentDomain(row, catch_all_id ? await catchAllOf(models, workspace_id, catch_all_id) : null);
  };
  const find = async ({ workspaceId }: ApiUser, id: string | undefined): Promise<DomainRow> => {
    const here = { _id: id, workspace_id: workspaceId, deleted_at: null };
    const row = await models.Domain.findOne(here).lean<DomainRow>();
    if (!row) throw notFound();
    return row;
  };
  const change = async (row: DomainRow, set: Partial<DomainRow>): Promise<DomainRow> => {
    const { _id, workspace_id } = row;
    const filter = { _id, workspace_id, deleted_at: null };
    const changed = await models.Domain.findOneAndUpdate(
      filter,
      { $set: set },
      {
        returnDocument: 'after',
      },
    ).lean<DomainRow>();
    if (!changed) throw notFound();
    return changed;
  };
  /** Its run looks at the row: now, or when Temporal is back. */
  const wake = ({ _id, run }: DomainRow) => void wakeSetUp('verifyDomain', { id: _id, run });

  router.get(
    '/domains',
    user,
    operation(
      { summary: 'List domains', query: ListQuery, answer: pageOf(Domain) },
      async (ctx, { query }) => {
        const here = { workspace_id: ctx.state.user.workspaceId, deleted_at: null };
        const page = await readPage<DomainRow>(models.Domain, here, query, { order: 'newest first' });
        return { data: await Promise.all(page.rows.map(present)), next_cursor: page.next_cursor };
      },
    ),
  );

  router.get(
    '/domains/:id',
    user,
    operation({ summary: 'Read a domain', answer: Domain, etag: true }, async (ctx) =>
      show(ctx, await find(ctx.state.user, ctx.params.id)),
    ),
  );

  router.post(
    '/domains',
    user,
    ownersOnly,
    jsonBody,
    keyed,
    operation(
      {
        summary: 'Add a domain',
        description: 'It is the workspace’s when its ownership record is found.',
        body: NewDomain,
        status: 201,
        answer: Domain,
        etag: true,
      },
      async (ctx, { body }) => {
        const read = readDomainName(body.name);
        if (read.name === null) throw wrongFields([{ field: 'name', message: read.fault }]);
        if (isPlatforms(read.name, config.platformDomain))
          throw wrongFields([{ field: 'name', message: 'is the platform’s own, or above or below it' }]);
        const claim = await claimDomain(models, ctx.state.user.workspaceId, read.name);
        if (!claim) throw wrongFields([{ field: 'name', message: 'is a domain of this workspace already' }]);
        deps.setUps.add('verifyDomain', { id: claim._id, run: claim.run });
        return show(ctx, await firstRecords(deps, claim));
      },
    ),
  );

  router.patch(
    '/domains/:id',
    user,
    ownersOnly,
    jsonBody,
    operation(
      {
        summary: 'Change a domain',
        description: 'Which address takes the mail to addresses that are none; null: none does.',
        body: DomainChange,
        answer: Domain,
        etag: true,
        find: ({ params, state }) => find(state.user, params.id),
      },
      async (ctx, { body: { catch_all } }) => {
        const changed = await changeRow<DomainRow>(ctx, {
          find: () => find(ctx.state.user, ctx.params.id),
          etag,
          decide: async ({ workspace_id, owned_at }) => {
            if (catch_all !== null) {
              if (owned_at === null) throw wrongFields([{ field: 'catch_all', message: NOT_OWNED }]);
              if (!(await catchAllOf(models, workspace_id, catch_all)))
                throw wrongFields([{ field: 'catch_all', message: NO_CATCH_ALL }]);
            }
            return { catch_all_id: catch_all };
          },
          write: ({ _id, workspace_id, ...row }, set) =>
            models.Domain.findOneAndUpdate(
              { _id, workspace_id, deleted_at: null, ...settingsOf(row) },
              { $set: set },
              { returnDocument: 'after' },
            ).lean<DomainRow>(),
        });
        return show(ctx, changed);
      },
    ),
  );

  router.post(
    '/domains/:id/check',
    user,
    ownersOnly,
    keyed,
    operation(
      {
        summary: 'Look at a domain now',
        description: 'Or some seconds after the last look.',
        status: 202,
        answer: Domain,
        etag: true,
        refuses: { 409: 'The claim is over.' },
      },
      async (ctx) => {
        const row = await find(ctx.state.user, ctx.params.id);
        if (!isLive(row)) throw new Problem(409, `This claim has ${OVER[row.state]}: add the domain again.`);
        const { _id, check_wanted_at } = row;
        const due = nextLookAt(row.checked_at, check_wanted_at);
        if (due) {
          // Decided on the row as it was read: of many at once one is heard.
          const { modifiedCount } = await models.Domain.updateOne(
            { _id, deleted_at: null, check_wanted_at },
            { $set: { check_wanted_at: due, wants_start: true } },
          );
          if (modifiedCount === 1) wake(row);
        }
        return show(ctx, await find(ctx.state.user, ctx.params.id));
      },
    ),
  );

  router.delete(
    '/domains/:id',
    user,
    ownersOnly,
    operation({ summary: 'Delete a domain', description: 'Its addresses stop at once.' }, async (ctx) => {
      const row = await find(ctx.state.user, ctx.params.id);
      // What is at the provider is the run's to take back; the addresses stop at once.
      const gone = await change(row, { deleted_at: new Date(), wants_start: true, notices: [] });
      await updateAddressesOnDomain(models, gone.name);
      wake(gone);
    }),
  );
}

/** What an owner may change, and what that is decided on; records and looks move by themselves, and no change overwrites them. */
const settingsOf = ({
  state,
  owned_at,
  catch_all_id,
}: Pick<DomainRow, 'state' | 'owned_at' | 'catch_all_id'>) => ({
  state,
  owned_at,
  catch_all_id,
});
const etag = (row: DomainRow) => etagOf('domain', row._id, settingsOf(row));

const NOT_OWNED = 'can be chosen when the ownership record was found';
const NO_CATCH_ALL = 'must be the id of an address of the workspace that is nobody’s personal one';
const OVER: Record<string, string> = { expired: 'expired', lost: 'been lost' };
