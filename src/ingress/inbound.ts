import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import type { Config } from '../infra/config.ts';
import type { InboundProvider, PostToProve } from '../infra/providers/inbound.ts';
import type { Storage } from '../infra/storage/storage.ts';
import { answer, answerTryAgain, answerWrongMethod, drain } from '../infra/http/answer.ts';
import { faultOf } from '../lib/faultOf.ts';
import { IncompleteBody, UnreadableBody } from '../infra/http/form.ts';
import { IncomingPost } from './incomingPost.ts';
import { bodyOf } from '../infra/http/body.ts';
import { bodyReader } from './readPost.ts';
import { createRefusals } from './refusals.ts';
import type { Starter } from './starter.ts';
import { counted, TooMuchUnproved, type UnprovedPosts } from './unproved.ts';

export interface IngressDeps {
  /** By `InboundProvider.name`. */
  providers: ReadonlyMap<string, InboundProvider>;
  storage: Storage;
  starter: Pick<Starter, 'add'>;
  unproved: UnprovedPosts;
  config: Pick<Config, 'maxPostBytes'>;
  /** As in `bodyOf`. */
  idleMs?: number | undefined;
  log: Logger;
}

/**
 * The endpoints of incoming mail: `POST /webhooks/<provider>/<path>`.
 *
 * - 200 `{"id"}`: the post is durable and marked, so it will be processed even if this process dies.
 * - 401: not proved. Nothing is kept. Not 406: when our key is wrong, the provider's retries save the mail.
 * - 404, 405: no such endpoint, or not a POST.
 * - 406 `{"reason"}`: can never succeed: no form, unreadable, or over MAX_POST_BYTES. A row is kept for the
 *   operator.
 * - 422: a post without a recipient, where the head alone proves the post (`provesFromHead`).
 * - 503: storage failed, the body ended early, or too much that is not proved is under way. Nothing is acknowledged, so the
 *   provider tries again.
 *
 * All but 200 are `application/problem+json`. Answers need neither MongoDB nor Temporal.
 */
export function createInboundIngress(deps: IngressDeps): Middleware {
  const refusals = createRefusals(deps);
  const routes = new Map<string, InboundProvider>();
  for (const provider of deps.providers.values())
    for (const path of provider.paths) routes.set(`/webhooks/${provider.name}/${path}`, provider);

  return async (ctx, next) => {
    const provider = routes.get(ctx.path);
    if (!provider) {
      await next();
      if (ctx.status === 404 && !ctx.body && ctx.path.startsWith('/webhooks/'))
        answer(ctx, 404, 'This endpoint does not exist.');
      return;
    }
    if (ctx.method !== 'POST') return answerWrongMethod(ctx, 'Send mail with POST.');
    try {
      await receive(ctx, provider, deps);
    } catch (error) {
      if (error instanceof IncompleteBody || error instanceof TooMuchUnproved) {
        deps.log.warn({ provider: provider.name, why: error.message }, 'a post was not taken');
        return answerTryAgain(ctx, error.message);
      }
      const refused =
        error instanceof UnreadableBody && (await refusals.keep(provider, ctx.get('content-type'), error));
      if (refused)
        return answer(ctx, 406, `This post can never succeed: ${refused.message}.`, {
          reason: refused.message,
        });
      answer(ctx, 503, 'The post could not be stored.');
      if (!(error instanceof UnreadableBody))
        deps.log.error({ provider: provider.name, error: faultOf(error) }, 'a post could not be stored');
    } finally {
      await drain(ctx.req);
    }
  };
}

async function receive(ctx: Context, provider: InboundProvider, deps: IngressDeps): Promise<void> {
  const { storage, starter, config, log } = deps;
  let post: IncomingPost | null = null;
  const toProve: PostToProve = {
    headers: ctx.headers,
    // In an address a plus means a plus. In a form it would mean a space.
    query: new URLSearchParams(ctx.querystring.replaceAll('+', '%2B')),
    field: (name) => post?.field(name) ?? null,
  };
  const isProved = (): boolean => {
    const why = provider.prove(toProve);
    if (why === null) return true;
    log.warn({ provider: provider.name, why }, 'a post was not proved');
    if (provider.provesFromHead) ctx.set('WWW-Authenticate', 'Bearer');
    answer(ctx, 401, why);
    return false;
  };

  if (provider.provesFromHead) {
    if (!isProved()) return;
    if (provider.recipients(toProve).length === 0)
      return answer(ctx, 422, 'The query must name a recipient: ?recipient=support@example.com');
  }
  const read = bodyReader(ctx.req, provider, config.maxPostBytes);
  const body = bodyOf(ctx.req, config.maxPostBytes, deps.idleMs);
  const unproved = provider.provesFromHead ? null : deps.unproved.begin(ctx.ip);
  post = new IncomingPost(provider, storage.spoolDir, ctx.get('content-type'));
  try {
    await read(unproved ? counted(body, unproved, () => provider.prove(toProve) === null) : body, post);
    if (!provider.provesFromHead && !isProved()) return;
    const posted = { recipients: provider.recipients(toProve), sender: provider.sender(toProve) };
    const envelope = await post.finish(posted, provider.token(toProve));
    await post.commit(storage);
    ctx.body = { id: post.id };
    starter.add({ provider: provider.name, id: post.id, ...envelope });
    log.debug(
      { provider: provider.name, post: post.id, deliveries: envelope.deliveries.length },
      'a post was stored',
    );
  } finally {
    unproved?.end();
    await post.discard();
  }
}
