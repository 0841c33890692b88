import Router from '@koa/router';
import type { Middleware } from 'koa';
import { bearer, type ApiState } from './auth.ts';
import type { ApiDeps } from './deps.ts';
import { createLinks } from './links.ts';
import { problems } from './problem.ts';
import { attachmentRoutes, signedFileRoute } from './routes/attachments.ts';
import { changesRoutes } from './routes/changes.ts';
import { contactRoutes } from './routes/contacts.ts';
import { domainRoutes } from './routes/domains.ts';
import { emailProofRoutes } from './routes/emailProofs.ts';
import { inboundEmailRoutes } from './routes/inboundEmails.ts';
import { messageRoutes } from './routes/messages.ts';
import { notificationRoutes } from './routes/notifications.ts';
import { threadRoutes } from './routes/threads.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { workspaceRoutes } from './routes/workspace.ts';
import { workspaceEmailRoutes } from './routes/workspaceEmails.ts';
import { available } from './unavailable.ts';

/**
 * The API: everything below `/api/` and `/files/`; other paths go to the next middleware.
 *
 * Any route may answer 401 (no token, or one that no longer counts), 404 (unknown, another workspace's, or somebody
 * else's personal mail), 405, 422 (query or body), 503 with Retry-After (MongoDB or storage away), always as problem+json.
 */
export function createApi(deps: ApiDeps): Middleware {
  const router = new Router<ApiState>({ prefix: '/api/v1/workspaces/:workspace_id' });
  const files = new Router();
  const all = { ...deps, links: createLinks(deps.config) };
  const user = bearer(deps.models);
  workspaceRoutes(router, user, all);
  for (const kind of ['ticket', 'conversation'] as const) {
    threadRoutes(router, user, all, kind);
    messageRoutes(router, user, all, kind);
  }
  contactRoutes(router, user, all);
  attachmentRoutes(router, user, all);
  inboundEmailRoutes(router, user, all);
  workspaceEmailRoutes(router, user, all);
  emailProofRoutes(router, user, all);
  changesRoutes(router, user, all);
  webhookRoutes(router, user, all);
  notificationRoutes(router, user, all);
  domainRoutes(router, user, all);
  signedFileRoute(files, all);

  const layers = [
    problems(deps.log),
    available(deps.models.connection),
    router.routes(),
    router.allowedMethods(),
    files.routes(),
    files.allowedMethods(),
  ] as Middleware[];
  return (ctx, next) => (/^\/(api|files)(\/|$)/.test(ctx.path) ? run(layers, ctx) : next());
}

async function run([layer, ...rest]: Middleware[], ctx: Parameters<Middleware>[0]): Promise<unknown> {
  return layer?.(ctx, () => run(rest, ctx));
}
