import type Router from '@koa/router';
import type { RouterMiddleware } from '@koa/router';
import { z } from 'zod';
import { wantReset } from '../../core/access/accessMails.ts';
import { usePasswordLink } from '../../core/access/passwordLinks.ts';
import { MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS } from '../../core/access/passwords.ts';
import { openSession } from '../../core/access/sessions.ts';
import type { MemberRow, SessionRow, UserRow } from '../../infra/models/index.ts';
import { ROLES } from '../../infra/models/workspace.ts';
import { hashToken } from '../../lib/tokens.ts';
import { unauthorized, type AccountState } from '../auth.ts';
import { smallJsonBody } from '../body.ts';
import type { RouteDeps } from '../deps.ts';
import { Address } from '../fields.ts';
import { networkOf, type Limits } from '../limits.ts';
import { accountOperation } from '../operation.ts';
import { wrongFields } from '../problem.ts';
import { notFromElsewhere } from '../sameOrigin.ts';
import { pageOf, Time } from '../../core/presenters/schemas.ts';
import { sessionToken, setSessionCookie } from '../sessionCookie.ts';

const TOO_LONG = `must be at most ${MAX_PASSWORD_CHARS} characters`;
const Password = z.string('must be text').max(MAX_PASSWORD_CHARS, TOO_LONG);
const SignInBody = z.strictObject({ email: Address, password: Password });
const NewPasswordBody = z.strictObject({
  token: z
    .string('must be text')
    .max(200, 'is not one that was given')
    .meta({ description: 'What is behind the `#` of the link.' }),
  password: Password.min(MIN_PASSWORD_CHARS, `must be at least ${MIN_PASSWORD_CHARS} characters`),
});
const ResetBody = z.strictObject({ email: Address });

const Session = z
  .object({
    user: z.object({ id: z.string(), email: z.string(), name: z.string() }),
    memberships: z.array(z.object({ workspace_id: z.string(), name: z.string(), role: z.enum(ROLES) })),
    expires_at: Time.meta({ description: 'It moves on while the session is used.' }),
  })
  .meta({ id: 'Session' });
const OpenSession = z
  .object({
    user_agent: z.string(),
    is_this_one: z.boolean(),
    created_at: Time,
    last_seen_at: Time.meta({ description: 'To the hour.' }),
    expires_at: Time,
  })
  .meta({ id: 'OpenSession' });
const Accepted = z.object({ detail: z.string() });

const FROM_ELSEWHERE = 'A page of another site asks.';
const TOO_MANY_TRIES = 'Or there were too many tries.';

/** A person's own, below `/api/v1`, by the cookie of a session. */
export function accountRoutes(
  router: Router<AccountState>,
  signedIn: RouterMiddleware<AccountState>,
  { models, config }: RouteDeps,
  limits: Limits,
): void {
  const ours = notFromElsewhere(config);

  router.post(
    '/sessions',
    ours,
    smallJsonBody,
    accountOperation(
      {
        summary: 'Sign in',
        description: 'Sets the cookie of a session, which takes the place of the one that the browser has.',
        body: SignInBody,
        status: 201,
        answer: Session,
        refuses: { 401: 'Address or password is wrong.', 403: FROM_ELSEWHERE, 429: TOO_MANY_TRIES },
      },
      async (ctx, { body: { email, password } }) => {
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
        return showSession(opened.row);
      },
    ),
  );

  router.get(
    '/session',
    signedIn,
    accountOperation(
      {
        summary: 'Read the session',
        description: 'Who is signed in, and where they are a member.',
        answer: Session,
      },
      (ctx) => showSession(ctx.state.session),
    ),
  );

  router.delete(
    '/session',
    signedIn,
    accountOperation({ summary: 'Sign out' }, async (ctx) => {
      await models.Session.deleteOne({ _id: ctx.state.session._id });
      setSessionCookie(ctx, config, null);
    }),
  );

  router.get(
    '/sessions',
    signedIn,
    accountOperation(
      {
        summary: 'List sessions',
        description: 'Where the user is signed in: the last hundred, on one page.',
        answer: pageOf(OpenSession),
      },
      async (ctx) => {
        const { _id, user_id } = ctx.state.session;
        const living = { user_id, expires_at: { $gt: new Date() } };
        const rows = await models.Session.find(living)
          .sort({ created_at: -1 })
          .limit(100)
          .lean<SessionRow[]>();
        const data = rows.map((row) => ({
          user_agent: row.user_agent,
          is_this_one: row._id === _id,
          created_at: row.created_at,
          last_seen_at: row.last_seen_at,
          expires_at: row.expires_at,
        }));
        return { data, next_cursor: null };
      },
    ),
  );

  router.delete(
    '/sessions',
    signedIn,
    accountOperation(
      { summary: 'Sign out everywhere', description: 'Ends all sessions of the user.' },
      async (ctx) => {
        await models.Session.deleteMany({ user_id: ctx.state.session.user_id });
        setSessionCookie(ctx, config, null);
      },
    ),
  );

  router.post(
    '/password',
    ours,
    smallJsonBody,
    accountOperation(
      {
        summary: 'Set a password',
        description: 'By a link that was mailed or shown, which works once. Ends all sessions of the user.',
        body: NewPasswordBody,
        refuses: {
          403: FROM_ELSEWHERE,
          422: 'Such as a link that does not count (any more).',
          429: TOO_MANY_TRIES,
        },
      },
      async (ctx, { body: { token, password } }) => {
        await limits.passwords.take(networkOf(ctx.ip));
        if (!(await usePasswordLink(models, token, password)))
          throw wrongFields([
            {
              field: 'token',
              message:
                'does not count (any more): links work once, within a week of an invitation or an hour of asking',
            },
          ]);
        setSessionCookie(ctx, config, null);
      },
    ),
  );

  router.post(
    '/password-reset',
    ours,
    smallJsonBody,
    accountOperation(
      {
        summary: 'Ask for a new password',
        description: 'A link is mailed to those who are known; the answer is the same for all.',
        body: ResetBody,
        status: 202,
        answer: Accepted,
        refuses: { 403: FROM_ELSEWHERE, 429: TOO_MANY_TRIES },
      },
      async (ctx, { body: { email } }) => {
        await limits.reset.address.take(networkOf(ctx.ip));
        // Over the account's limit the answer is the same: else it would tell that somebody asked.
        const mayHave = await limits.reset.account.take(email).then(
          () => true,
          () => false,
        );
        if (mayHave) await wantReset(models, email);
        return { detail: 'If this address is known, a link to set a new password is on its way.' };
      },
    ),
  );

  async function showSession({ user_id, expires_at }: SessionRow): Promise<z.input<typeof Session>> {
    const [user, members] = await Promise.all([
      models.User.findById(user_id).orFail().lean<UserRow>(),
      models.Member.find({ user_id }).lean<MemberRow[]>(),
    ]);
    const workspaces = await models.Workspace.find(
      { _id: { $in: members.map(({ workspace_id }) => workspace_id) } },
      { name: 1 },
    ).lean();
    return {
      user: { id: user._id, email: user.email, name: user.name },
      memberships: members.map(({ workspace_id, role }) => ({
        workspace_id,
        name: workspaces.find(({ _id }) => _id === workspace_id)?.name ?? '',
        role,
      })),
      expires_at,
    };
  }
}
