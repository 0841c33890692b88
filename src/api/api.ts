import { METHODS } from 'node:http';
import Router from '@koa/router';
import type { Middleware } from 'koa';
import { authenticate, signedIn, type AccountState, type ApiState } from './auth.ts';
import type { ApiDeps, ApiRouter } from './deps.ts';
import { docsRoutes } from './docs.ts';
import { createLimits } from './limits.ts';
import { createLinks } from '../core/presenters/links.ts';
import { sendPasswordPage } from './passwordPage.ts';
import { describeApi } from './openapi.ts';
import { checkScopes, needsOf } from './policy.ts';
import { problems } from './problem.ts';
import { accountRoutes } from './routes/account.ts';
import { attachmentRoutes, signedFileRoute } from './routes/attachments.ts';
import { changesRoutes } from './routes/changes.ts';
import { contactRoutes } from './routes/contacts.ts';
import { countRoutes } from './routes/counts.ts';
import { domainRoutes } from './routes/domains.ts';
import { emailProofRoutes } from './routes/emailProofs.ts';
import { inboundEmailRoutes } from './routes/inboundEmails.ts';
import { memberRoutes } from './routes/members.ts';
import { messageRoutes } from './routes/messages.ts';
import { notificationRoutes } from './routes/notifications.ts';
import { threadRoutes } from './routes/threads.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { threadMoveRoutes } from './routes/threadMoves.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { workspaceRoutes } from './routes/workspace.ts';
import { workspaceEmailRoutes } from './routes/workspaceEmails.ts';
import { cookieName } from './sessionCookie.ts';
import { createStreams } from './streams.ts';
import { available } from './unavailable.ts';

/**
 * Every route of a workspace, of a person's account, and of signed files. Each line says what it needs (policy.ts).
 * Methods that HTTP has and a route has not are 405, and none is our fault (501).
 */
export function createRoutes(deps: ApiDeps) {
  const router: ApiRouter = new Router<ApiState>({
    prefix: '/api/v1/workspaces/:workspace_id',
    methods: METHODS,
  });
  const account = new Router<AccountState>({ prefix: '/api/v1', methods: METHODS });
  const files = new Router({ methods: METHODS });
  const all = { ...deps, links: createLinks(deps.config), streams: createStreams() };
  const limits = createLimits(deps.config.apiRequestsPerMinute);
  const user = authenticate({ ...deps, limits });
  const session = signedIn({ ...deps, limits });
  workspaceRoutes(router, user, all);
  for (const kind of ['ticket', 'conversation'] as const) {
    threadRoutes(router, user, all, kind);
    threadMoveRoutes(router, user, all, kind);
    messageRoutes(router, user, all, kind);
  }
  contactRoutes(router, user, all);
  countRoutes(router, user, all);
  attachmentRoutes(router, user, all);
  inboundEmailRoutes(router, user, all);
  workspaceEmailRoutes(router, user, all);
  emailProofRoutes(router, user, all);
  changesRoutes(router, user, all);
  webhookRoutes(router, user, all);
  notificationRoutes(router, user, all);
  domainRoutes(router, user, all);
  tokenRoutes(router, user, all);
  memberRoutes(router, user, all, limits);
  checkScopes(router, user);
  accountRoutes(account, session, all, limits);
  files.get('/password', sendPasswordPage);
  signedFileRoute(files, all);
  const describe = () =>
    describeApi(
      [
        { layers: router.stack, asks: user, by: ['token', 'session'], needs: needsOf },
        { layers: account.stack, asks: session, by: ['session'] },
      ],
      cookieName(deps.config),
    );
  return { router, account, files, session, describe };
}

/**
 * The API: everything below `/api/` and `/files/`, and the page `/password`; other paths go to the next middleware.
 *
 * Any route may answer 401 (no token, or one that no longer counts), 404 (unknown, another workspace's, or somebody
 * else's personal mail), 405, 422 (query or body), 503 with Retry-After (MongoDB or storage away), always as problem+json.
 */
export function createApi(deps: ApiDeps): Middleware {
  const { router, account, files, describe } = createRoutes(deps);
  const docs = docsRoutes(describe);

  const layers = [
    problems(deps.log),
    docs.routes(),
    available(deps.models.connection),
    router.routes(),
    router.allowedMethods(),
    account.routes(),
    account.allowedMethods(),
    files.routes(),
    files.allowedMethods(),
  ] as Middleware[];
  return (ctx, next) => (/^\/(api|files|password)(\/|$)/.test(ctx.path) ? run(layers, ctx) : next());
}

async function run([layer, ...rest]: Middleware[], ctx: Parameters<Middleware>[0]): Promise<unknown> {
  return layer?.(ctx, () => run(rest, ctx));
}
