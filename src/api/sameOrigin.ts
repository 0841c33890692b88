import type { Context, Middleware } from 'koa';
import { Problem } from './problem.ts';

const SAFE = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Whether a request comes from a page of ours. OWASP's CSRF cheat sheet (since December 2025) takes Fetch Metadata as a defence
 * that needs no token beside it, with the Origin header for browsers that lack it: a page can set neither, and needs nothing
 * kept or handed out. The cookie is `SameSite=Lax` besides.
 * @returns null where nothing tells: no browser that we know.
 */
function isFromHere(ctx: Context, publicUrl: string): boolean | null {
  const site = ctx.get('Sec-Fetch-Site');
  if (site !== '') return site === 'same-origin';
  const origin = ctx.get('Origin');
  return origin === '' ? null : origin === new URL(publicUrl).origin;
}

/** Who asks with a cookie to change something shows that a page of ours asks. @throws Problem 403 */
export function requireSameOrigin(ctx: Context, publicUrl: string): void {
  if (SAFE.includes(ctx.method) || isFromHere(ctx, publicUrl) === true) return;
  throw new Problem(
    403,
    'With a cookie, changes are taken only from pages of this site (Sec-Fetch-Site: same-origin, or its Origin).',
  );
}

/** Nobody is signed in from somebody else's page. Programs, which send neither header, may. */
export function notFromElsewhere(config: { publicUrl: string }): Middleware {
  return async (ctx, next) => {
    if (isFromHere(ctx, config.publicUrl) === false)
      throw new Problem(403, 'This is taken only from pages of this site, and from programs.');
    await next();
  };
}
