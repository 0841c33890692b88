import type { Context } from 'koa';
import { z } from 'zod';
import { demoPeople } from '../../core/access/demo.ts';
import { newSession } from '../../core/access/sessions.ts';
import { Session, showSession } from '../../core/presenters/session.ts';
import { isLoopback, LOCAL_HOSTS } from '../../infra/http/ownHosts.ts';
import type { RouteDeps } from '../deps.ts';
import { notFound, Problem } from '../problem.ts';
import type { AddAccountRoute } from '../route.ts';
import { setSessionCookie } from '../sessionCookie.ts';

const Person = z.object({ user_id: z.string(), name: z.string(), role: z.string() });
const SignInBody = z.strictObject({ user_id: z.string() });
const MailBody = z.strictObject({ to: z.email('must be an address of the demo') });

/**
 * `demo`: signs in the people of the demo without a password, and lets it receive a mail. Only with DEMO_SIGN_IN, and only from this machine. */
export function demoRoutes(
  route: AddAccountRoute,
  { models, config, receiveDemoMail = () => Promise.resolve(false) }: RouteDeps,
): void {
  route(
    {
      method: 'GET',
      path: '/demo/people',
      access: 'anybody',
      summary: 'List the people of the demo',
      answer: z.object({ data: z.array(Person) }),
    },
    async (ctx) => {
      fromThisMachine(ctx);
      return { data: await demoPeople(models) };
    },
  );

  route(
    {
      method: 'POST',
      path: '/demo/sessions',
      access: 'anybody',
      summary: 'Sign in as one of the people of the demo',
      body: SignInBody,
      status: 201,
      answer: Session,
    },
    async (ctx, { body: { user_id } }) => {
      fromThisMachine(ctx);
      if (!(await demoPeople(models)).some((person) => person.user_id === user_id)) throw notFound();
      const { token, row } = await newSession(models, user_id, ctx.get('User-Agent'));
      setSessionCookie(ctx, config, { token, expiresAt: row.expires_at });
      return showSession(models, row);
    },
  );

  route(
    {
      method: 'POST',
      path: '/demo/mails',
      access: 'session',
      summary: 'Let the demo receive a mail of a customer',
      body: MailBody,
    },
    async (ctx, { body: { to } }) => {
      fromThisMachine(ctx);
      if (!(await receiveDemoMail({ ...FIRST_MAIL, to })))
        throw new Problem(
          409,
          'The mail server of the demo took no mail. It runs as long as `npm start` does.',
        );
    },
  );
}

const FIRST_MAIL = {
  from: 'Ann Bell <ann@client.test>',
  subject: 'My order 1234',
  text: 'Hello,\n\nI ordered a lamp ten days ago, and it is not here yet.\nCan you tell me where it is?\n\nThank you\nAnn',
};

/**
 * A proxy would make everybody's requests come from here, and a name that somebody else points at this machine (DNS
 * rebinding) would let other sites in: so the Host counts too.
 * @throws Problem 404
 */
function fromThisMachine(ctx: Context): void {
  const isFromHere = isLoopback(ctx.req.socket.remoteAddress ?? '0.0.0.0');
  const isForwarded = ctx.get('X-Forwarded-For') !== '' || ctx.get('Forwarded') !== '';
  if (!isFromHere || isForwarded || !LOCAL_HOSTS.includes(ctx.get('Host').replace(/:\d+$/, '')))
    throw notFound();
}
