import type Router from '@koa/router';
import { problem, readJson } from '../json.ts';
import { Forward, type Forwards } from './forwards.ts';

/**
 * - `PUT /sandbox/forwards` `{from, to, style?}`: 200, 400, 415, 422
 * - `GET /sandbox/forwards`: 200
 * - `DELETE /sandbox/forwards?from=`: 204, 404
 */
export function addForwardRoutes(router: Router, forwards: Forwards): void {
  router.put('/sandbox/forwards', async (ctx) => {
    const forward = await readJson(ctx, Forward);
    if (forward) ctx.body = await forwards.set(forward);
  });

  router.get('/sandbox/forwards', (ctx) => {
    ctx.body = { data: forwards.all };
  });

  router.delete('/sandbox/forwards', async (ctx) => {
    const from = new URLSearchParams(ctx.querystring).get('from') ?? '';
    if (await forwards.remove(from)) ctx.status = 204;
    else problem(ctx, 404, `nothing is forwarded from "${from}"`);
  });
}
