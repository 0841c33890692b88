import { z } from 'zod';
import { confirmPassword, openSession, signOutEverywhere } from '../../core/access/sessions.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { OpenSession, presentOpenSession, Session, showSession } from '../../core/presenters/session.ts';
import type { SessionRow } from '../../infra/models/index.ts';
import { hashToken } from '../../lib/tokens.ts';
import { unauthorized } from '../auth.ts';
import type { RouteDeps } from '../deps.ts';
import { Address } from '../fields.ts';
import { networkOf } from '../../infra/http/network.ts';
import { ExistingPassword } from '../passwordFields.ts';
import { wrongFields } from '../problem.ts';
import type { AddAccountRoute } from '../route.ts';
import { FROM_ANOTHER_SITE, TOO_MANY_TRIES } from '../sameOrigin.ts';
import { sessionToken, setSessionCookie } from '../sessionCookie.ts';

const PasswordBody = z.strictObject({ password: ExistingPassword });
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

  route(
    {
      method: 'POST',
      path: '/session/password',
      access: 'session',
      summary: 'Give the password again',
      description: 'For ten minutes the session may then do what asks for it.',
      body: PasswordBody,
      answer: Session,
      refuses: { 403: FROM_ANOTHER_SITE, 422: 'The password is wrong.', 429: TOO_MANY_TRIES },
    },
    async (ctx, { body: { password } }) => {
      const { session } = ctx.state;
      const network = networkOf(ctx.ip);
      const key = `${session.user_id} ${network}`;
      await limits.signIn.pair.take(key);
      const confirmed = await confirmPassword(models, session, password);
      if (!confirmed) throw wrongFields([{ field: 'password', message: 'is wrong' }]);
      await limits.signIn.pair.forget(key);
      return showSession(models, confirmed);
    },
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
      description:
        'Ends all sessions of the user, and the tokens that they have made since the user last proved their ' +
        'address. The user is mailed which other tokens remain.',
    },
    async (ctx) => {
      await signOutEverywhere(models, ctx.state.session.user_id);
      setSessionCookie(ctx, config, null);
    },
  );
}
