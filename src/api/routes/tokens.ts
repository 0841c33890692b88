import { z } from 'zod';
import { createApiToken, revokeApiTokens } from '../../core/access/apiTokens.ts';
import { SCOPES } from '../../infra/models/workspace.ts';
import { scopesOf } from '../../core/access/scopes.ts';
import type { TokenRow } from '../../infra/models/index.ts';
import type { Authenticate } from '../auth.ts';
import { jsonBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { OneLine } from '../fields.ts';
import { idempotent } from '../idempotent.ts';
import { operation } from '../operation.ts';
import { ListQuery, readPage } from '../paging.ts';
import { wholeRole } from '../policy.ts';
import { presentToken, Token } from '../../core/presenters/token.ts';
import { notFound, Problem } from '../problem.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { memberOf, type ApiUser } from '../../core/presenters/visibility.ts';

const NewTokenBody = z.strictObject({
  name: OneLine(200).default(''),
  scopes: z
    .array(z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`), 'must be a list of scopes')
    .min(1, 'must name at least one scope')
    .max(20, 'must be at most 20')
    .transform((scopes) => [...new Set(scopes)])
    .nullish()
    .meta({ description: 'Without them it may do all that its user may, now and later.' }),
  expires_at: z.iso
    .datetime({ offset: true, error: 'must be a time, like 2027-01-31T10:00:00Z' })
    .transform((text) => new Date(text))
    .refine((at) => at.getTime() > Date.now(), 'must not be over already')
    .nullish(),
});
const NewToken = Token.extend({
  token: z.string().meta({ description: 'Shown this once.' }),
}).meta({ id: 'NewToken' });

/** `tokens`. Making and revoking need all that the user may do: a token that may do less makes none that may do more. */
export function tokenRoutes(router: ApiRouter, user: Authenticate, deps: RouteDeps): void {
  const { models } = deps;
  const seen = ({ workspaceId, userId, role }: ApiUser) => ({
    workspace_id: workspaceId,
    ...(role !== 'owner' && { user_id: userId }),
  });

  router.get(
    '/tokens',
    user,
    operation(
      {
        summary: 'List tokens',
        description: 'One’s own; owners see all of the workspace. Never the token itself.',
        query: ListQuery,
        answer: pageOf(Token),
      },
      async (ctx, { query }) => {
        const living = { ...seen(ctx.state.user), revoked_at: null };
        const page = await readPage<TokenRow>(models.Token, living, query, { order: 'newest first' });
        const users = page.rows.map(({ user_id }) => user_id);
        const members = await models.Member.find({
          workspace_id: ctx.state.user.workspaceId,
          user_id: { $in: users },
        }).lean();
        const roles = new Map(members.map(({ user_id, role }) => [user_id, role]));
        const data = page.rows.map((row) => presentToken(row, roles.get(row.user_id) ?? 'member'));
        return { data, next_cursor: page.next_cursor };
      },
    ),
  );

  router.post(
    '/tokens',
    user,
    wholeRole,
    jsonBody,
    idempotent(deps),
    operation(
      {
        summary: 'Make a token',
        description: 'It acts as the user who makes it.',
        body: NewTokenBody,
        status: 201,
        answer: NewToken,
        refuses: { 403: 'The role does not have such a scope.' },
      },
      async (ctx, { body: { name, scopes = null, expires_at = null } }) => {
        const { workspaceId, userId, role } = ctx.state.user;
        const beyond = scopes?.filter((scope) => !scopesOf(role).includes(scope)) ?? [];
        if (beyond.length > 0)
          throw new Problem(403, `Only owners can make tokens with the scope ${beyond.join(', ')}.`);
        const wanted = { workspaceId, userId, name, scopes, expiresAt: expires_at };
        const made = await createApiToken(models, wanted);
        // Whoever was removed at this moment had their tokens ended a moment before this one was there.
        if (!(await memberOf(models, workspaceId, userId))) {
          await revokeApiTokens(models, { workspace_id: workspaceId, _id: made.row._id });
          throw notFound();
        }
        return { ...presentToken(made.row, role), token: made.token };
      },
    ),
  );

  router.delete(
    '/tokens/:id',
    user,
    wholeRole,
    operation(
      { summary: 'Revoke a token', description: 'It opens nothing any more, from this moment on.' },
      async (ctx) => {
        const revoked = await revokeApiTokens(models, { ...seen(ctx.state.user), _id: ctx.params.id ?? '' });
        if (revoked === 0) throw notFound();
      },
    ),
  );
}
