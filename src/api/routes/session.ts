import { z } from 'zod';
import { openSession } from '../../core/access/sessions.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { OpenSession, presentOpenSession, Session, showSession } from '../../core/presenters/session.ts';
import type { SessionRow } from '../../infra/models/index.ts';
import { hashToken } from '../../lib/tokens.ts';
import { unauthorized } from '../auth.ts';
import type { RouteDeps } from '../deps.ts';
import { Address } from '../fields.ts';
import { networkOf } from '../../infra/http/network.ts';
import { ExistingPassword } from '../passwordFields.ts';
import type { AddAccountRoute } from '../route.ts';
import { FROM_ANOTHER_SITE, TOO_MANY_TRIES } from '../sameOrigin.ts';
import { sessionToken, setSessionCookie } from '../sessionCookie.ts';

const SignInBody = z.strictObject({ email: Address, password: ExistingPassword });

const MAX_SHOWN = 100;
const WRONG = 'The address or the password is wrong.';

/** `session` and `sessions`: signing in and out. */
export function sessionRoutes(route: AddAccountRoute, { models, config, limits }: RouteDeps): void {
  route(
    {
      method: 'POST',
      path: '/sessions',
      access: 'anybody',
      summary: 'Sign in',
      description: 'Sets the cookie of a new session. It replaces the session that the browser has.',
      body: SignInBody,
      status: 201,
      answer: Session,
      refuses: { 401: WRONG, 403: FROM_ANOTHER_SITE, 429: TOO_MANY_TRIES },
    },
    async (ctx, { body: { email, password } }) => {
      const { pair, account, address } = limits.signIn;
      const network = networkOf(ctx.ip);
      // Counted before the password is checked, so that concurrent tries cannot exceed the limit.
      await pair.take(`${email} ${network}`);
      await address.take(network);
      await account.take(email);
      const opened = await openSession(models, { email, password, userAgent: ctx.get('User-Agent') });
      if (!opened) throw unauthorized(WRONG);
      await Promise.all([
        pair.forget(`${email} ${network}`),
        address.giveBack(network),
        account.giveBack(email),
      ]);
      const formerToken = sessionToken(ctx, config);
      if (formerToken) await models.Session.deleteOne({ _id: hashToken(formerToken) });
      setSessionCookie(ctx, config, { token: opened.token, expiresAt: opened.row.expires_at });
      return showSession(models, opened.row);
    },
  );

  route(
    {
      method: 'GET',
      path: '/session',
      access: 'session',
      summary: 'Read the session',
      description: 'The user who is signed in, and the workspaces that they are a member of.',
      answer: Session,
    },
    (ctx) => showSession(models, ctx.state.session),
  );

  route({ method: 'DELETE', path: '/session', access: 'session', summary: 'Sign out' }, async (ctx) => {
    await models.Session.deleteOne({ _id: ctx.state.session._id });
    setSessionCookie(ctx, config, null);
  });

  route(
    {
      method: 'GET',
      path: '/sessions',
      access: 'session',
      summary: 'List sessions',
      description: `The sessions of the user: the newest ${MAX_SHOWN}, on one page.`,
      answer: pageOf(OpenSession),
    },
    async (ctx) => {
      const { _id, user_id } = ctx.state.session;
      const rows = await models.Session.find({ user_id, expires_at: { $gt: new Date() } })
        .sort({ created_at: -1 })
        .limit(MAX_SHOWN)
        .lean<SessionRow[]>();
      return { data: rows.map((row) => presentOpenSession(row, _id)), next_cursor: null };
    },
  );

  route(
    {
      method: 'DELETE',
      path: '/sessions',
      access: 'session',
      summary: 'Sign out everywhere',
      description: 'Ends all sessions of the user.',
    },
    async (ctx) => {
      await models.Session.deleteMany({ user_id: ctx.state.session.user_id });
      setSessionCookie(ctx, config, null);
    },
  );
}
