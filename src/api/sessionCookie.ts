import type { Context } from 'koa';
import { findSession } from '../core/access/sessions.ts';
import type { Models, SessionRow } from '../infra/models/index.ts';
import { requireSameOrigin } from './sameOrigin.ts';

interface Site {
  publicUrl: string;
}
const isSecure = ({ publicUrl }: Site): boolean => publicUrl.startsWith('https:');

/**
 * With `__Host-` a browser accepts the cookie only over https, and only from and for this host (RFC 6265bis).
 */
export const cookieName = (site: Site): string => (isSecure(site) ? '__Host-postroom' : 'postroom_session');

export const sessionToken = (ctx: Context, site: Site): string | undefined =>
  ctx.cookies.get(cookieName(site));

/** @param session null: deletes the cookie */
export function setSessionCookie(
  ctx: Context,
  site: Site,
  session: { token: string; expiresAt: Date } | null,
): void {
  const secure = isSecure(site);
  // Behind a proxy that terminates TLS, koa sees a connection without TLS.
  ctx.cookies.secure = secure;
  const options = { httpOnly: true, sameSite: 'lax', path: '/', secure, signed: false } as const;
  ctx.cookies.set(cookieName(site), session?.token ?? null, {
    ...options,
    ...(session && { expires: session.expiresAt }),
  });
}

/**
 * The session of the request's cookie, or null. Extends the session once an hour.
 * @throws Problem 403 for a change that does not come from one of our pages
 */
export async function sessionOf(ctx: Context, site: Site, models: Models): Promise<SessionRow | null> {
  const token = sessionToken(ctx, site);
  const session = token ? await findSession(models, token) : null;
  if (!token || !session) return null;
  requireSameOrigin(ctx, site.publicUrl);
  if (session.renewed) setSessionCookie(ctx, site, { token, expiresAt: session.row.expires_at });
  return session.row;
}
