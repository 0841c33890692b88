import { METHODS } from 'node:http';
import Router from '@koa/router';
import type { Middleware } from 'koa';
import compose from 'koa-compose';
import { compressJson } from '../infra/http/compress.ts';
import { createFeedHub } from '../core/events/feedHub.ts';
import { createSignalHub } from '../core/events/signals.ts';
import { createLinks } from '../core/presenters/links.ts';
import { authenticate, signedIn, type AccountState, type ApiState } from './auth.ts';
import { isOptional, jsonBody, optionalJsonBody, smallJsonBody } from './body.ts';
import type { ApiDeps, RouteDeps } from './deps.ts';
import { docsRoutes } from './docs.ts';
import { idempotent } from './idempotent.ts';
import { createLimits } from './limits.ts';
import { describeApi } from './openapi.ts';
import { checksOf, sentenceOf, type Policy } from './policy.ts';
import { problems } from './problem.ts';
import { routeTable, type AccountAccess } from './route.ts';
import { allThreadRoutes } from './routes/allThreads.ts';
import { attachmentRoutes, signedFileRoute } from './routes/attachments.ts';
import { changesRoutes } from './routes/changes.ts';
import { contactMergeRoutes } from './routes/contactMerge.ts';
import { contactRoutes } from './routes/contacts.ts';
import { countRoutes } from './routes/counts.ts';
import { draftRoutes, threadDraftRoutes } from './routes/drafts.ts';
import { demoRoutes } from './routes/demo.ts';
import { domainRoutes } from './routes/domains.ts';
import { emailProofRoutes } from './routes/emailProofs.ts';
import { historyRoutes } from './routes/history.ts';
import { imageSenderRoutes } from './routes/imageSenders.ts';
import { followRoutes } from './routes/follow.ts';
import { inboundEmailRoutes } from './routes/inboundEmails.ts';
import { invitationRoutes } from './routes/invitations.ts';
import { loginRoutes } from './routes/login.ts';
import { memberSettingsRoutes } from './routes/memberSettings.ts';
import { memberRoutes } from './routes/members.ts';
import { messageViewRoutes } from './routes/messageView.ts';
import { messageRoutes } from './routes/messages.ts';
import { newThreadRoutes } from './routes/newThreads.ts';
import { notificationRoutes } from './routes/notifications.ts';
import { outboxRoutes } from './routes/outbox.ts';
import { outboundMessageRoutes } from './routes/outboundMessages.ts';
import { passwordRoutes } from './routes/password.ts';
import { presenceRoutes } from './routes/presence.ts';
import { sessionRoutes } from './routes/session.ts';
import { savedViewRoutes } from './routes/savedViews.ts';
import { snippetRoutes } from './routes/snippets.ts';
import { tagRoutes } from './routes/tags.ts';
import { teamRoutes } from './routes/teams.ts';
import { threadMergeRoutes } from './routes/threadMerge.ts';
import { threadReadRoutes } from './routes/threadRead.ts';
import { threadRoutes } from './routes/threads.ts';
import { threadsBulkRoutes } from './routes/threadsBulk.ts';
import { ticketMoveRoutes } from './routes/ticketMoves.ts';
import { tokenRoutes } from './routes/tokens.ts';
import { trashRoutes } from './routes/trash.ts';
import { webhookDeliveryRoutes } from './routes/webhookDeliveries.ts';
import { webhookRoutes } from './routes/webhooks.ts';
import { workspaceEmailRoutes } from './routes/workspaceEmails.ts';
import { workspaceRoutes } from './routes/workspace.ts';
import { notFromElsewhere } from './sameOrigin.ts';
import { cookieName } from './sessionCookie.ts';
import { createStreams } from './streams.ts';
import { available } from './unavailable.ts';

const WORKSPACE_PREFIX = '/api/v1/workspaces/:workspace_id';
const ACCOUNT_PREFIX = '/api/v1';

/**
 * Every route of a workspace, of a person's account, and of signed files. With `methods: METHODS` every
 * method that a path does not support is 405; by default the router answers rare ones with 501.
 */
export function createRoutes(deps: ApiDeps) {
  const limits = createLimits(deps.config.apiRequestsPerMinute);
  const user = authenticate({ ...deps, limits });
  const session = signedIn({ ...deps, limits });
  const keyed = idempotent(deps);
  const sameSite = notFromElsewhere(deps.config);

  const router = new Router<ApiState>({ prefix: WORKSPACE_PREFIX, methods: METHODS });
  const workspace = routeTable<ApiState, Policy>(router, (route) => [
    user,
    ...checksOf(route),
    ...(route.body ? [isOptional(route.body) ? optionalJsonBody : jsonBody] : []),
    ...(route.idempotency === 'answer kept' ? [keyed] : []),
  ]);
  const accountRouter = new Router<AccountState>({ prefix: ACCOUNT_PREFIX, methods: METHODS });
  const account = routeTable<AccountState, AccountAccess>(accountRouter, (route) => [
    ...(route.access === 'session' ? [session] : [sameSite]),
    ...(route.body ? [smallJsonBody] : []),
  ]);
  const files = new Router({ methods: METHODS });

  const all: RouteDeps = {
    ...deps,
    limits,
    authenticate: user,
    links: createLinks(deps.config),
    streams: createStreams(),
    feedHub: createFeedHub(deps.feedModels ?? deps.models),
    signals: createSignalHub(deps.feedModels ?? deps.models),
  };
  for (const addRoutes of WORKSPACE_ROUTES) addRoutes(workspace.add, all);
  for (const kind of ['ticket', 'conversation'] as const)
    for (const addRoutes of THREAD_ROUTES) addRoutes(workspace.add, all, kind);
  ticketMoveRoutes(workspace.add, all);
  sessionRoutes(account.add, all);
  passwordRoutes(account.add, all);
  loginRoutes(account.add, all);
  if (deps.config.demoSignIn) demoRoutes(account.add, all);
  signedFileRoute(files, all);

  const describe = () =>
    describeApi(
      [
        ...workspace.routes.map((route) => ({
          route,
          prefix: WORKSPACE_PREFIX,
          callers: ['token', 'session'] as const,
          needs: sentenceOf(route),
        })),
        ...account.routes.map((route) => ({
          route,
          prefix: ACCOUNT_PREFIX,
          callers: route.access === 'session' ? (['session'] as const) : [],
        })),
      ],
      cookieName(deps.config),
    );
  return {
    workspace: { ...workspace, router },
    account: { ...account, router: accountRouter },
    files,
    describe,
  };
}

const WORKSPACE_ROUTES = [
  workspaceRoutes,
  contactRoutes,
  contactMergeRoutes,
  countRoutes,
  allThreadRoutes,
  attachmentRoutes,
  draftRoutes,
  outboxRoutes,
  tagRoutes,
  threadsBulkRoutes,
  snippetRoutes,
  savedViewRoutes,
  memberSettingsRoutes,
  inboundEmailRoutes,
  workspaceEmailRoutes,
  emailProofRoutes,
  changesRoutes,
  webhookRoutes,
  webhookDeliveryRoutes,
  notificationRoutes,
  domainRoutes,
  tokenRoutes,
  memberRoutes,
  teamRoutes,
  invitationRoutes,
  imageSenderRoutes,
];
/** Those that tickets and conversations both have. */
const THREAD_ROUTES = [
  threadRoutes,
  newThreadRoutes,
  trashRoutes,
  threadMergeRoutes,
  threadReadRoutes,
  presenceRoutes,
  historyRoutes,
  messageRoutes,
  messageViewRoutes,
  outboundMessageRoutes,
  threadDraftRoutes,
  followRoutes,
];

/**
 * The API: everything below `/api/` and `/files/`; other paths go to the next middleware.
 *
 * Any route may answer 401 (no token, or one that no longer works), 404 (unknown, of another workspace, or
 * another user's personal mail), 405, 422 (query or body), 503 with Retry-After (MongoDB or storage is
 * unavailable). Refusals are always problem+json.
 */
export function createApi(deps: ApiDeps): Middleware {
  const { workspace, account, files, describe } = createRoutes(deps);
  const api = compose([
    compressJson,
    problems(deps.log),
    docsRoutes(describe).routes(),
    available(deps.models.connection),
    workspace.router.routes(),
    workspace.router.allowedMethods(),
    account.router.routes(),
    account.router.allowedMethods(),
    files.routes(),
    files.allowedMethods(),
  ] as Middleware[]);
  return (ctx, next) => (/^\/(api|files)(\/|$)/.test(ctx.path) ? api(ctx) : next());
}
