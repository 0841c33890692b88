import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import { newId } from '../../lib/ids.ts';
import { withLogFields } from './logContext.ts';
import { observeRequest } from './metrics.ts';

/** Ids that are accepted from outside: nothing that could be an address or a text. */
const REQUEST_ID = /^[\w.:-]{1,64}$/;

/**
 * Gives every request an id (`X-Request-Id`: the sender's or a new one), which is in the answer and on every
 * line that is logged for it. Logs route and status, and measures the time for `/metrics`. Neither holds the
 * URL: it may hold addresses.
 */
export function observeRequests(log: Logger): Middleware {
  return async (ctx, next) => {
    const given = ctx.get('X-Request-Id');
    const id = REQUEST_ID.test(given) ? given : newId();
    ctx.set('X-Request-Id', id);
    const began = performance.now();
    await withLogFields({ request_id: id }, async () => {
      try {
        await next();
      } finally {
        const answered = { route: routeOf(ctx), method: ctx.method, status: ctx.status };
        const seconds = (performance.now() - began) / 1000;
        observeRequest({ ...answered, seconds });
        log.info({ ...answered, ms: Math.round(seconds * 1000) }, 'answered');
      }
    });
  };
}

function routeOf(ctx: Context): string {
  const matched = ctx._matchedRoute as string | undefined;
  if (matched !== undefined) return matched;
  // The ingress answers 404 for every unknown path below /webhooks/.
  return ctx.path.startsWith('/webhooks/') && ctx.status !== 404 ? ctx.path : 'none';
}
