import { z } from 'zod';
import { catchAllOf } from '../../domains/catchAll.ts';
import { claimDomain, isLive } from '../../domains/claims.ts';
import { isPlatforms, readDomainName } from '../../domains/domainName.ts';
import { firstRecords } from '../../domains/firstRecords.ts';
import { nextLookAt } from '../../dns/lookGap.ts';
import { applyDomainFlags } from '../../domains/flags.ts';
import type { DomainRow } from '../../models/index.ts';
import { ownersOnly, type Authenticate } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import { changeRow } from '../changeRow.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { etagOf } from '../etag.ts';
import { idempotent } from '../idempotent.ts';
import { ListQuery, readPage } from '../paging.ts';
import { presentDomain } from '../presenters/domain.ts';
import { notFound, Problem, wrongFields } from '../problem.ts';
import { readQuery } from '../query.ts';
import type { ApiUser } from '../visibility.ts';

const NewDomain = z.strictObject({ name: z.string('must be a domain name, such as acme.com') });
const DomainChange = z.strictObject({
  catch_all: z.string('must be the id of an address, or null').nullable(),
});

/**
 * The workspace's domains. Members read; the rest is for owners: 403.
 * - `GET domains`, `GET domains/{id}`: with the records to publish, and what DNS answers now.
 * - `POST domains {name}`: 201; 422 what is no domain, is the platform's, or is there already.
 * - `PATCH domains/{id} {catch_all}`: 200; 422 an address that cannot be it, or a domain that is not shown to be the workspace's;
 *   412 where it is no longer what `If-Match` says.
 * - `POST domains/{id}/check`: 202, it is looked at now, or some seconds after the last look; 409 when the claim is over.
 * - `DELETE domains/{id}`: 204.
 */
export function domainRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  const { models, config, wakeSetUp } = deps;
  const keyed = idempotent(deps);

  const show = async (row: DomainRow) => {
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

  router.get('/domains', user, async (ctx) => {
    const query = readQuery(ctx.query, ListQuery);
    const here = { workspace_id: ctx.state.user.workspaceId, deleted_at: null };
    const page = await readPage<DomainRow>(models.Domain, here, query, { order: 'newest first' });
    ctx.body = { data: await Promise.all(page.rows.map(show)), next_cursor: page.next_cursor };
  });

  router.get('/domains/:id', user, async (ctx) => {
    const row = await find(ctx.state.user, ctx.params.id);
    ctx.set('ETag', etag(row));
    ctx.body = await show(row);
  });

  router.post('/domains', user, ownersOnly, jsonBody, keyed, async (ctx) => {
    const read = readDomainName(readBody(ctx, NewDomain).name);
    if (read.name === null) throw wrongFields([{ field: 'name', message: read.fault }]);
    if (isPlatforms(read.name, config.platformDomain))
      throw wrongFields([{ field: 'name', message: 'is the platform’s own, or above or below it' }]);
    const claim = await claimDomain(models, ctx.state.user.workspaceId, read.name);
    if (!claim) throw wrongFields([{ field: 'name', message: 'is a domain of this workspace already' }]);
    deps.setUps.add('verifyDomain', { id: claim._id, run: claim.run });
    ctx.status = 201;
    ctx.body = await show(await firstRecords(deps, claim));
  });

  router.patch('/domains/:id', user, ownersOnly, jsonBody, async (ctx) => {
    const { catch_all } = readBody(ctx, DomainChange);
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
    ctx.set('ETag', etag(changed));
    ctx.body = await show(changed);
  });

  router.post('/domains/:id/check', user, ownersOnly, keyed, async (ctx) => {
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
    ctx.status = 202;
    ctx.body = await show(await find(ctx.state.user, ctx.params.id));
  });

  router.delete('/domains/:id', user, ownersOnly, async (ctx) => {
    const row = await find(ctx.state.user, ctx.params.id);
    // What is at the provider is the run's to take back; the addresses stop at once.
    const gone = await change(row, { deleted_at: new Date(), wants_start: true, notices: [] });
    await applyDomainFlags(models, gone.name);
    wake(gone);
    ctx.status = 204;
  });
}

/** What an owner may change, and what that is decided on; records and looks move by themselves, and no change overwrites them. */
const settingsOf = ({
  state,
  owned_at,
  catch_all_id,
}: Pick<DomainRow, 'state' | 'owned_at' | 'catch_all_id'>) => ({
  ...{ state, owned_at, catch_all_id },
});
const etag = (row: DomainRow) => etagOf('domain', row._id, settingsOf(row));

const NOT_OWNED = 'can be chosen when the ownership record was found';
const NO_CATCH_ALL = 'must be the id of an address of the workspace that is nobody’s personal one';
const OVER: Record<string, string> = { expired: 'expired', lost: 'been lost' };
