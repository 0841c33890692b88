import type { RouterContext } from '@koa/router';
import { z } from 'zod';
import { isPlatforms } from '../../core/addresses/platform.ts';
import { catchAllOf } from '../../core/domains/catchAll.ts';
import {
  catchAllChange,
  deleteDomain,
  settingsOf,
  wantDomainLook,
  writeDomainChange,
} from '../../core/domains/changeDomain.ts';
import { claimDomain, isLive } from '../../core/domains/domainClaims.ts';
import { readDomainName } from '../../core/domains/domainName.ts';
import { firstRecords } from '../../core/domains/firstRecords.ts';
import { Domain, presentDomain } from '../../core/presenters/domain.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import type { DomainRow } from '../../infra/models/index.ts';
import type { ApiState } from '../auth.ts';
import { changeRow } from '../changeRow.ts';
import type { RouteDeps } from '../deps.ts';
import { etagOf } from '../etag.ts';
import { ListQuery, readPage } from '../paging.ts';
import { notFound, Problem, wrongFields } from '../problem.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const NewDomain = z.strictObject({ name: z.string('must be a domain name, such as acme.com') });
const DomainChange = z.strictObject({
  catch_all: z.string('must be the id of an address, or null').nullable(),
});

/** How the claim ended, by its state. */
const ENDINGS: Record<string, string> = { expired: 'has expired', lost: 'has been lost' };

/** `domains`: the workspace's claims, with the records to publish and what DNS answers. */
export function domainRoutes(route: AddWorkspaceRoute, deps: RouteDeps): void {
  const { models, config } = deps;

  const find = async ({ params, state }: RouterContext<ApiState>): Promise<DomainRow> => {
    const filter = { _id: params.id, workspace_id: state.user.workspaceId, deleted_at: null };
    const row = await models.Domain.findOne(filter).lean<DomainRow>();
    if (!row) throw notFound();
    return row;
  };
  const present = async (row: DomainRow) => {
    const { workspace_id, catch_all_id } = row;
    return presentDomain(row, catch_all_id ? await catchAllOf(models, workspace_id, catch_all_id) : null);
  };
  const show = (ctx: RouterContext<ApiState>, row: DomainRow) => {
    ctx.set('ETag', etag(row));
    return present(row);
  };
  /** Its run reads the row: now, or once Temporal is available again. */
  const wakeRun = ({ _id, run }: DomainRow) => void deps.wakeSetUp('verifyDomain', { id: _id, run });

  route(
    {
      method: 'GET',
      path: '/domains',
      role: 'member',
      scope: 'read',
      summary: 'List domains',
      query: ListQuery,
      answer: pageOf(Domain),
    },
    async (ctx, { query }) => {
      const filter = { workspace_id: ctx.state.user.workspaceId, deleted_at: null };
      const page = await readPage<DomainRow>(models.Domain, filter, query, { order: 'newest first' });
      return { data: await Promise.all(page.rows.map(present)), next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'GET',
      path: '/domains/:id',
      role: 'member',
      scope: 'read',
      summary: 'Read a domain',
      answer: Domain,
      etag: true,
      find,
    },
    (ctx, { row }) => show(ctx, row),
  );

  route(
    {
      method: 'POST',
      path: '/domains',
      role: 'owner',
      scope: 'admin',
      summary: 'Add a domain',
      description: 'The domain belongs to the workspace once its ownership record is found.',
      body: NewDomain,
      status: 201,
      answer: Domain,
      idempotency: 'answer kept',
      etag: true,
    },
    async (ctx, { body }) => {
      const domain = readDomainName(body.name);
      if (domain.name === null) throw wrongName(domain.fault);
      if (isPlatforms(domain.name, config.platformDomain))
        throw wrongName('must not be the domain of this platform, nor above or below it');
      const claim = await claimDomain(models, ctx.state.user.workspaceId, domain.name);
      if (!claim) throw wrongName('is already a domain of this workspace');
      deps.setUps.add('verifyDomain', { id: claim._id, run: claim.run });
      return show(ctx, await firstRecords(deps, claim));
    },
  );

  route(
    {
      method: 'PATCH',
      path: '/domains/:id',
      role: 'owner',
      scope: 'admin',
      summary: 'Change a domain',
      description:
        'The address that receives mail to addresses of the domain that do not exist; null: such mail ' +
        'is not accepted.',
      body: DomainChange,
      answer: Domain,
      etag: true,
      find,
    },
    async (ctx, { row, body }) => {
      const changed = await changeRow<DomainRow>(ctx, {
        row,
        reread: () => find(ctx),
        etag,
        decide: (read) => catchAllChange(models, read, body.catch_all),
        write: (read, change) => writeDomainChange(models, read, change),
      });
      return show(ctx, changed);
    },
  );

  route(
    {
      method: 'POST',
      path: '/domains/:id/check',
      role: 'owner',
      scope: 'admin',
      summary: 'Check a domain now',
      description: 'Looks at its DNS records now, or some seconds after the last look.',
      status: 202,
      answer: Domain,
      idempotency: 'answer kept',
      etag: true,
      refuses: { 409: 'The claim has ended.' },
      find,
    },
    async (ctx, { row }) => {
      if (!isLive(row)) throw new Problem(409, `This claim ${ENDINGS[row.state]}. Add the domain again.`);
      if (await wantDomainLook(models, row)) wakeRun(row);
      return show(ctx, await find(ctx));
    },
  );

  route(
    {
      method: 'DELETE',
      path: '/domains/:id',
      role: 'owner',
      scope: 'admin',
      summary: 'Delete a domain',
      description: 'Its addresses stop at once.',
      find,
    },
    async (_ctx, { row }) => {
      const deleted = await deleteDomain(models, row);
      if (!deleted) throw notFound();
      wakeRun(deleted);
    },
  );
}

const wrongName = (message: string) => wrongFields([{ field: 'name', message }]);

const etag = (row: DomainRow) => etagOf('domain', row._id, settingsOf(row));
