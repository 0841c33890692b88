import type Router from '@koa/router';
import { authorized } from '../messages.ts';
import { give, json } from './answers.ts';
import type { Bounce, Bounces } from './bounces.ts';

/**
 * The suppression list of bounces: reading it, and removing an address.
 *
 * - `GET /v3/{domain}/bounces`: 200, 401
 * - `GET` and `DELETE /v3/{domain}/bounces/{address}`: 200, 401, 404
 */
export function addBounceRoutes(
  router: Router,
  options: { apiKey: string; bounces: Bounces; url(): string },
): void {
  const { bounces } = options;

  router.get('/v3/:domain/bounces', (ctx) => {
    if (!authorized(ctx, options.apiKey)) return;
    const { domain } = ctx.params as { domain: string };
    const { page, address = '', limit = '100' } = ctx.query as Record<string, string>;
    const all = bounces.list(domain).toSorted((a, b) => (a.address < b.address ? -1 : 1));
    const items = pageFrom(all, Number(limit) || 100, page, address);
    const link = (to: string, from = '') =>
      `${options.url()}/v3/${domain}/bounces?page=${to}&address=${encodeURIComponent(from)}&limit=${limit}`;
    ctx.body = {
      items: items.map(present),
      paging: {
        first: link('first'),
        last: link('last'),
        next: link('next', items.at(-1)?.address ?? address),
        previous: link('previous', items[0]?.address ?? address),
      },
    };
  });

  router.get('/v3/:domain/bounces/:address', (ctx) => {
    if (!authorized(ctx, options.apiKey)) return;
    const { domain, address } = ctx.params as { domain: string; address: string };
    const bounce = bounces.find(domain, address);
    if (bounce) ctx.body = present(bounce);
    else give(ctx, json(404, NOT_FOUND));
  });

  router.delete('/v3/:domain/bounces/:address', async (ctx) => {
    if (!authorized(ctx, options.apiKey)) return;
    const { domain, address } = ctx.params as { domain: string; address: string };
    if (await bounces.remove(domain, address))
      ctx.body = { address, message: 'Bounced address has been removed' };
    else give(ctx, json(404, NOT_FOUND));
  });
}

const NOT_FOUND = 'Address not found in bounces table';

function pageFrom(all: Bounce[], limit: number, page: string | undefined, address: string): Bounce[] {
  if (page === 'next') return all.filter((bounce) => bounce.address > address).slice(0, limit);
  if (page === 'previous') return all.filter((bounce) => bounce.address < address).slice(-limit);
  return page === 'last' ? all.slice(-limit) : all.slice(0, limit);
}

const present = ({ address, code, error, at }: Bounce) => ({
  address,
  code,
  error,
  created_at: new Date(at).toUTCString().replace('GMT', 'UTC'),
});
