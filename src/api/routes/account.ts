import type Router from '@koa/router';
import type { RouterMiddleware } from '@koa/router';
import type { Context } from 'koa';
import { z } from 'zod';
import { wantReset } from '../../access/accessMails.ts';
import { usePasswordLink } from '../../access/passwordLinks.ts';
import { MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS } from '../../access/passwords.ts';
import { openSession } from '../../access/sessions.ts';
import type { MemberRow, SessionRow, UserRow } from '../../models/index.ts';
import { hashToken } from '../../tokens.ts';
import { unauthorized, type AccountState } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import type { RouteDeps } from '../deps.ts';
import { Address } from '../fields.ts';
import { networkOf, type Limits } from '../limits.ts';
import { wrongFields } from '../problem.ts';
import { notFromElsewhere } from '../sameOrigin.ts';
import { sessionToken, setSessionCookie } from '../sessionCookie.ts';

const TOO_LONG = `must be at most ${MAX_PASSWORD_CHARS} characters`;
const Password = z.string('must be text').max(MAX_PASSWORD_CHARS, TOO_LONG);
const SignInBody = z.strictObject({ email: Address, password: Password });
const NewPasswordBody = z.strictObject({
  token: z.string('must be text').max(200, 'is not one that was given'),
  password: Password.min(MIN_PASSWORD_CHARS, `must be at least ${MIN_PASSWORD_CHARS} characters`),
});
const ResetBody = z.strictObject({ email: Address });

/**
 * A person's own, below `/api/v1`, by the cookie of a session:
 * - `POST sessions {email, password}`: 201 with the cookie and what `GET session` answers; 401 wrong; 429 after ten tries
 * - `GET session`: the user and their memberships; `DELETE session` signs out (204)
 * - `GET sessions`: where the user is signed in; `DELETE sessions` ends them all (204)
 * - `POST password {token, password}`: 204; sets it by a link, which works once, and ends all sessions; 422 when the link does not
 *   count any more
 * - `POST password-reset {email}`: 202, whoever it is; a link is mailed to those who are known
 */
export function accountRoutes(
  router: Router<AccountState>,
  signedIn: RouterMiddleware<AccountState>,
  { models, config }: RouteDeps,
  limits: Limits,
): void {
  const ours = notFromElsewhere(config);

  router.post('/sessions', ours, jsonBody, async (ctx) => {
    const { email, password } = readBody(ctx, SignInBody);
    const { pair, account, address } = limits.signIn;
    const network = networkOf(ctx.ip);
    // Counted before it is looked at: any number of tries at once are no more than the limit.
    await pair.take(`${email} ${network}`);
    await address.take(network);
    await account.take(email);
    const opened = await openSession(models, { email, password, userAgent: ctx.get('User-Agent') });
    if (!opened) throw unauthorized('Address or password is wrong.');
    await Promise.all([
      pair.forget(`${email} ${network}`),
      address.giveBack(network),
      account.giveBack(email),
    ]);
    const before = sessionToken(ctx, config);
    if (before) await models.Session.deleteOne({ _id: hashToken(before) });
    setSessionCookie(ctx, config, { token: opened.token, expiresAt: opened.row.expires_at });
    ctx.status = 201;
    await showSession(ctx, opened.row);
  });

  router.get('/session', signedIn, async (ctx) => {
    await showSession(ctx, ctx.state.session);
  });

  router.delete('/session', signedIn, async (ctx) => {
    await models.Session.deleteOne({ _id: ctx.state.session._id });
    setSessionCookie(ctx, config, null);
    ctx.status = 204;
  });

  router.get('/sessions', signedIn, async (ctx) => {
    const { _id, user_id } = ctx.state.session;
    const living = { user_id, expires_at: { $gt: new Date() } };
    const rows = await models.Session.find(living).sort({ created_at: -1 }).limit(100).lean<SessionRow[]>();
    ctx.body = {
      data: rows.map((row) => ({
        user_agent: row.user_agent,
        is_this_one: row._id === _id,
        created_at: row.created_at.toISOString(),
        last_seen_at: row.last_seen_at.toISOString(),
        expires_at: row.expires_at.toISOString(),
      })),
      next_cursor: null,
    };
  });

  router.delete('/sessions', signedIn, async (ctx) => {
    await models.Session.deleteMany({ user_id: ctx.state.session.user_id });
    setSessionCookie(ctx, config, null);
    ctx.status = 204;
  });

  router.post('/password', ours, jsonBody, async (ctx) => {
    const { token, password } = readBody(ctx, NewPasswordBody);
    await limits.passwords.take(networkOf(ctx.ip));
    if (!(await usePasswordLink(models, token, password)))
      throw wrongFields([
        { field: 'token', message: 'does not count (any more): links work once, within seven days' },
      ]);
    setSessionCookie(ctx, config, null);
    ctx.status = 204;
  });

  router.post('/password-reset', ours, jsonBody, async (ctx) => {
    const { email } = readBody(ctx, ResetBody);
    await limits.reset.address.take(networkOf(ctx.ip));
    // Over the account's limit the answer is the same: else it would tell that somebody asked.
    const mayHave = await limits.reset.account.take(email).then(
      () => true,
      () => false,
    );
    if (mayHave) await wantReset(models, email);
    ctx.status = 202;
    ctx.body = { detail: 'If this address is known, a link to set a new password is on its way.' };
  });

  async function showSession(ctx: Context, { user_id, expires_at }: SessionRow): Promise<void> {
    const [user, members] = await Promise.all([
      models.User.findById(user_id).orFail().lean<UserRow>(),
      models.Member.find({ user_id }).lean<MemberRow[]>(),
    ]);
    const workspaces = await models.Workspace.find(
      { _id: { $in: members.map(({ workspace_id }) => workspace_id) } },
      { name: 1 },
    ).lean();
    ctx.body = {
      user: { id: user._id, email: user.email, name: user.name },
      memberships: members.map(({ workspace_id, role }) => ({
        workspace_id,
        name: workspaces.find(({ _id }) => _id === workspace_id)?.name ?? '',
        role,
      })),
      expires_at: expires_at.toISOString(),
    };
  }
}
