import { z } from 'zod';
import { createApiToken, revokeApiTokens } from '../../access/apiTokens.ts';
import { SCOPES, scopesOf } from '../../access/scopes.ts';
import type { TokenRow } from '../../models/index.ts';
import type { Authenticate } from '../auth.ts';
import { jsonBody, readBody } from '../body.ts';
import type { ApiRouter, RouteDeps } from '../deps.ts';
import { OneLine } from '../fields.ts';
import { ListQuery, readPage } from '../paging.ts';
import { wholeRole } from '../policy.ts';
import { presentToken } from '../presenters/token.ts';
import { notFound, Problem } from '../problem.ts';
import { readQuery } from '../query.ts';
import { memberOf, type ApiUser } from '../visibility.ts';

const NewTokenBody = z.strictObject({
  name: OneLine(200).default(''),
  scopes: z
    .array(z.enum(SCOPES, `must be one of ${SCOPES.join(', ')}`), 'must be a list of scopes')
    .min(1, 'must name at least one scope')
    .transform((scopes) => [...new Set(scopes)])
    .nullish(),
  expires_at: z.iso
    .datetime({ offset: true, error: 'must be a time, like 2027-01-31T10:00:00Z' })
    .transform((text) => new Date(text))
    .refine((at) => at.getTime() > Date.now(), 'must not be over already')
    .nullish(),
});

/**
 * `tokens`: a user's own; owners see all of the workspace. Never the token itself.
 * - `POST tokens {name?, scopes?, expires_at?}`: 201 with the row and `token`, which is shown this once. Without scopes it may do
 *   all that its user may, now and later. 403 for scopes that the user's role does not have.
 * - `DELETE tokens/{id}`: 204; it opens nothing any more.
 *
 * Both need a session or a token that may do all its user may: a token that may do less makes none that may do more.
 */
export function tokenRoutes(router: ApiRouter, user: Authenticate, { models }: RouteDeps): void {
  const seen = ({ workspaceId, userId, role }: ApiUser) => ({
    workspace_id: workspaceId,
    ...(role !== 'owner' && { user_id: userId }),
  });

  router.get('/tokens', user, async (ctx) => {
    const query = readQuery(ctx.query, ListQuery);
    const living = { ...seen(ctx.state.user), revoked_at: null };
    const page = await readPage<TokenRow>(models.Token, living, query, { order: 'newest first' });
    const users = page.rows.map(({ user_id }) => user_id);
    const members = await models.Member.find({
      workspace_id: ctx.state.user.workspaceId,
      user_id: { $in: users },
    }).lean();
    const roles = new Map(members.map(({ user_id, role }) => [user_id, role]));
    ctx.body = {
      data: page.rows.map((row) => presentToken(row, roles.get(row.user_id) ?? 'member')),
      next_cursor: page.next_cursor,
    };
  });

  router.post('/tokens', user, wholeRole, jsonBody, async (ctx) => {
    const { workspaceId, userId, role } = ctx.state.user;
    const { name, scopes = null, expires_at = null } = readBody(ctx, NewTokenBody);
    const beyond = scopes?.filter((scope) => !scopesOf(role).includes(scope)) ?? [];
    if (beyond.length > 0)
      throw new Problem(403, `Only owners can make tokens with the scope ${beyond.join(', ')}.`);
    const made = await createApiToken(models, { workspaceId, userId, name, scopes, expiresAt: expires_at });
    // Whoever was removed at this moment had their tokens ended a moment before this one was there.
    if (!(await memberOf(models, workspaceId, userId))) {
      await revokeApiTokens(models, { workspace_id: workspaceId, _id: made.row._id });
      throw notFound();
    }
    ctx.status = 201;
    ctx.body = { ...presentToken(made.row, role), token: made.token };
  });

  router.delete('/tokens/:id', user, wholeRole, async (ctx) => {
    const revoked = await revokeApiTokens(models, { ...seen(ctx.state.user), _id: ctx.params.id ?? '' });
    if (revoked === 0) throw notFound();
    ctx.status = 204;
  });
}
