import { z } from 'zod';
import { wantReset } from '../../core/access/accessMails.ts';
import { isEasilyGuessed } from '../../core/access/passwords.ts';
import { useEndTokensLink, useJoinLink, usePasswordLink } from '../../core/access/passwordLinks.ts';
import type { RouteDeps } from '../deps.ts';
import { Address } from '../fields.ts';
import { networkOf } from '../../infra/http/network.ts';
import { NewPassword } from '../passwordFields.ts';
import { wrongFields } from '../problem.ts';
import type { AddAccountRoute } from '../route.ts';
import { FROM_ANOTHER_SITE, TOO_MANY_TRIES } from '../sameOrigin.ts';
import { setSessionCookie } from '../sessionCookie.ts';

const NewPasswordBody = z.strictObject({
  token: z
    .string('must be text')
    .max(200, 'must be the token of a link')
    .meta({ description: 'The part of the link after the `#`.' }),
  password: NewPassword,
});
const ResetBody = z.strictObject({ email: Address });
const Accepted = z.object({ detail: z.string() });

const LINK_EXPIRED =
  'is unknown, was used, or has expired: a link works once, within a week of an invitation or an hour ' +
  'of a request';

const EASILY_GUESSED =
  'is one of those that are tried first: choose one that is harder to guess, for example a few words';

const LinkBody = NewPasswordBody.pick({ token: true });

/** `password`, `password-reset`, `invitation` and `end-tokens`: what is done by a link. */
export function passwordRoutes(route: AddAccountRoute, { models, config, limits }: RouteDeps): void {
  route(
    {
      method: 'POST',
      path: '/password',
      access: 'anybody',
      summary: 'Set a password',
      description:
        'With a link that was mailed to the user or shown to an owner. A link works once. Ends all ' +
        'sessions of the user and the tokens that they have made since the user last proved their address, ' +
        'and accepts the invitation that the link came with. The user is mailed which other tokens remain.',
      body: NewPasswordBody,
      refuses: {
        403: FROM_ANOTHER_SITE,
        422: 'For example, the link was used or has expired.',
        429: TOO_MANY_TRIES,
      },
    },
    async (ctx, { body: { token, password } }) => {
      await limits.passwords.take(networkOf(ctx.ip));
      if (await isEasilyGuessed(password))
        throw wrongFields([{ field: 'password', message: EASILY_GUESSED }]);
      if (!(await usePasswordLink(models, token, password)))
        throw wrongFields([{ field: 'token', message: LINK_EXPIRED }]);
      setSessionCookie(ctx, config, null);
    },
  );

  /** What a link does that needs nothing but its token. */
  const linkRoute = (
    described: { path: string; summary: string; description: string },
    use: (token: string) => Promise<boolean>,
  ) =>
    route(
      {
        method: 'POST',
        access: 'anybody',
        ...described,
        body: LinkBody,
        refuses: {
          403: FROM_ANOTHER_SITE,
          422: 'For example, the link was used or has expired.',
          429: TOO_MANY_TRIES,
        },
      },
      async (ctx, { body: { token } }) => {
        await limits.passwords.take(networkOf(ctx.ip));
        if (!(await use(token))) throw wrongFields([{ field: 'token', message: LINK_EXPIRED }]);
      },
    );
  linkRoute(
    {
      path: '/invitation',
      summary: 'Accept an invitation',
      description: 'With a link that was mailed to a user who has a password. A link works once.',
    },
    (token) => useJoinLink(models, token),
  );
  linkRoute(
    {
      path: '/end-tokens',
      summary: 'End the tokens of a user',
      description: 'With the link of the mail that lists them. A link works once.',
    },
    (token) => useEndTokensLink(models, token),
  );

  route(
    {
      method: 'POST',
      path: '/password-reset',
      access: 'anybody',
      summary: 'Ask for a new password',
      description: 'Mails a link if the address belongs to a user. The answer is the same for every address.',
      body: ResetBody,
      status: 202,
      answer: Accepted,
      refuses: { 403: FROM_ANOTHER_SITE, 429: TOO_MANY_TRIES },
    },
    async (ctx, { body: { email } }) => {
      await limits.reset.address.take(networkOf(ctx.ip));
      // Over the limit of the account the answer is the same: it must not reveal that somebody else asked.
      const isWithinLimit = await limits.reset.account.take(email).then(
        () => true,
        () => false,
      );
      if (isWithinLimit) await wantReset(models, email);
      return {
        detail: 'If this address belongs to a user, a mail with a link to set a new password is on its way.',
      };
    },
  );
}
