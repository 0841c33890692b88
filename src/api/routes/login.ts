import { z } from 'zod';
import { changeLogin } from '../../core/access/changeLogin.ts';
import { OWN_FOR_DAYS } from '../../core/platformMail/receivedHere.ts';
import { Session, showSession } from '../../core/presenters/session.ts';
import type { RouteDeps } from '../deps.ts';
import { Address } from '../fields.ts';
import { networkOf } from '../../infra/http/network.ts';
import { ExistingPassword } from '../passwordFields.ts';
import { wrongFields } from '../problem.ts';
import type { AddAccountRoute } from '../route.ts';
import { FROM_ANOTHER_SITE, TOO_MANY_TRIES } from '../sameOrigin.ts';

const LoginBody = z.strictObject({ email: Address, password: ExistingPassword });

/** `login`: the address that a user signs in with. */
export function loginRoutes(route: AddAccountRoute, { models, config, limits }: RouteDeps): void {
  route(
    {
      method: 'PUT',
      path: '/login',
      access: 'session',
      summary: 'Change the address to sign in with',
      description:
        'To a personal address of the user in one of their workspaces, which has been theirs for ' +
        `${OWN_FOR_DAYS} days.`,
      body: LoginBody,
      answer: Session,
      refuses: {
        403: FROM_ANOTHER_SITE,
        422: 'For example, the address is not theirs, or the password is wrong.',
        429: TOO_MANY_TRIES,
      },
    },
    async (ctx, { body: { email, password } }) => {
      const { session } = ctx.state;
      await limits.signIn.pair.take(`${session.user_id} ${networkOf(ctx.ip)}`);
      const isChanged = await changeLogin(models, {
        userId: session.user_id,
        email,
        password,
        platformDomain: config.platformDomain,
      });
      if (!isChanged) throw wrongFields([{ field: 'password', message: 'is wrong' }]);
      return showSession(models, session);
    },
  );
}
