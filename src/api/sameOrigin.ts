import type { Context, Middleware } from 'koa';
import { Problem } from './problem.ts';

const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Whether a request comes from one of our pages. Since December 2025 OWASP's CSRF cheat sheet accepts Fetch
 * Metadata as a defence without a token, with the Origin header for browsers that lack it: a page can set
 * neither. The cookie is `SameSite=Lax` as well.
 * @returns null when the request has neither header: then it does not come from a browser
 */
function isSameOrigin(ctx: Context, publicUrl: string): boolean | null {
  const site = ctx.get('Sec-Fetch-Site');
  if (site !== '') return site === 'same-origin';
  const origin = ctx.get('Origin');
  return origin === '' ? null : origin === new URL(publicUrl).origin;
}

/** A change with a cookie must come from one of our pages. @throws Problem 403 */
export function requireSameOrigin(ctx: Context, publicUrl: string): void {
  if (SAFE.includes(ctx.method) || isSameOrigin(ctx, publicUrl) === true) return;
  throw new Problem(
    403,
    'With a cookie, changes are accepted only from pages of this site (Sec-Fetch-Site: same-origin, or ' +
      'its Origin).',
  );
}

/**
 * Pages of other sites cannot sign a user in. Programs, which send neither header, may.
 * @throws Problem 403
 */
export function notFromElsewhere(config: { publicUrl: string }): Middleware {
  return async (ctx, next) => {
    if (isSameOrigin(ctx, config.publicUrl) === false)
      throw new Problem(
        403,
        'This is accepted only from pages of this site and from programs, not from pages of other sites.',
      );
    await next();
  };
}

/** Why routes for anybody refuse, in their descriptions. */
export const FROM_ANOTHER_SITE = 'A page of another site sent the request.';
export const TOO_MANY_TRIES = 'Or there were too many tries.';
