import { z } from 'zod';
import { createApiToken, revokeApiTokens } from '../../core/access/apiTokens.ts';
import { scopesOf } from '../../core/access/scopes.ts';
import { pageOf } from '../../core/presenters/schemas.ts';
import { presentToken, Token } from '../../core/presenters/token.ts';
import { memberOf, type ApiUser } from '../../core/presenters/visibility.ts';
import type { TokenRow } from '../../infra/models/index.ts';
import { SCOPES } from '../../infra/models/workspace.ts';
import type { RouteDeps } from '../deps.ts';
import { OneLine } from '../fields.ts';
import { ListQuery, readPage } from '../paging.ts';
import { notFound, Problem } from '../problem.ts';
import { checkRecentPassword, PASSWORD_NEEDED } from '../recentPassword.ts';
import type { AddWorkspaceRoute } from '../route.ts';

const NewTokenBody = z.strictObject({
  name: OneLine(200).default(''),
  scopes: z
    .array(z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`), 'must be a list of scopes')
    .min(1, 'must name at least one scope')
    .max(20, 'must be at most 20')
    .transform((scopes) => [...new Set(scopes)])
    .nullish()
    .meta({ description: 'Without scopes the token may do all that its user may, now and later.' }),
  expires_at: z.iso
    .datetime({ offset: true, error: 'must be a time, like 2027-01-31T10:00:00Z' })
    .transform((text) => new Date(text))
    .refine((at) => at.getTime() > Date.now(), 'must be in the future')
    .nullish(),
});
const NewToken = Token.extend({
  token: z.string().meta({ description: 'Shown only in this answer.' }),
}).meta({ id: 'NewToken' });

/**
 * `tokens`. Creating and revoking need all scopes of the user's role: a token with fewer scopes must not
 * create one with more.
 */
export function tokenRoutes(route: AddWorkspaceRoute, { models }: RouteDeps): void {
  const visibleTo = ({ workspaceId, userId, role }: ApiUser) => ({
    workspace_id: workspaceId,
    ...(role !== 'owner' && { user_id: userId }),
  });

  route(
    {
      method: 'GET',
      path: '/tokens',
      role: 'member',
      scope: 'read',
      summary: 'List tokens',
      description:
        'The user’s own; owners see all tokens of the workspace. The tokens themselves are never shown.',
      query: ListQuery,
      answer: pageOf(Token),
    },
    async (ctx, { query }) => {
      const filter = { ...visibleTo(ctx.state.user), revoked_at: null };
      const page = await readPage<TokenRow>(models.Token, filter, query, { order: 'newest first' });
      const members = await models.Member.find({
        workspace_id: ctx.state.user.workspaceId,
        user_id: { $in: page.rows.map(({ user_id }) => user_id) },
      }).lean();
      const roles = new Map(members.map(({ user_id, role }) => [user_id, role]));
      const data = page.rows.map((row) => presentToken(row, roles.get(row.user_id) ?? 'member'));
      return { data, next_cursor: page.next_cursor };
    },
  );

  route(
    {
      method: 'POST',
      path: '/tokens',
      role: 'member',
      scope: 'all',
      summary: 'Create a token',
      description: 'The token acts as the user who creates it.',
      body: NewTokenBody,
      status: 201,
      answer: NewToken,
      idempotency: 'answer kept',
      refuses: { 403: `The user’s role does not have such a scope. ${PASSWORD_NEEDED}` },
    },
    async (ctx, { body: { name, scopes = null, expires_at = null } }) => {
      checkRecentPassword(ctx.state);
      const { workspaceId, userId, role, tokenId } = ctx.state.user;
      const missing = scopes?.filter((scope) => !scopesOf(role).includes(scope)) ?? [];
      if (missing.length > 0)
        throw new Problem(403, `Only owners can create tokens with the scope ${missing.join(', ')}.`);
      const maker = tokenId === undefined ? null : await models.Token.findById(tokenId).lean<TokenRow>();
      const madeInSession = maker === null || maker.made_in_session === true;
      const newToken = { workspaceId, userId, name, scopes, expiresAt: expires_at, madeInSession };
      const { token, row } = await createApiToken(models, newToken);
      // Removing a member revokes their tokens. If they were removed just before this token was saved, it was
      // missed.
      if (!(await memberOf(models, workspaceId, userId))) {
        await revokeApiTokens(models, { workspace_id: workspaceId, _id: row._id });
        throw notFound();
      }
      return { ...presentToken(row, role), token };
    },
  );

  route(
    {
      method: 'DELETE',
      path: '/tokens/:id',
      role: 'member',
      scope: 'all',
      summary: 'Revoke a token',
      description: 'It stops working at once.',
    },
    async (ctx) => {
      const filter = { ...visibleTo(ctx.state.user), _id: ctx.params.id ?? '' };
      if ((await revokeApiTokens(models, filter)) === 0) throw notFound();
    },
  );
}
