import { buffer } from 'node:stream/consumers';
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import type { OutboundProvider } from '../infra/providers/outbound.ts';
import type { Storage } from '../infra/storage/storage.ts';
import { newId } from '../lib/ids.ts';
import { answer, answerTryAgain, answerWrongMethod, drain } from '../infra/http/answer.ts';
import type { EventWork } from './eventWork.ts';
import { faultOf } from '../lib/faultOf.ts';
import { IncompleteBody, UnreadableBody } from '../infra/http/form.ts';
import { eventIdOf, eventKey, eventMarkId, eventMarksFolder } from '../infra/archive/keys.ts';
import { bodyOf, checkHead } from '../infra/http/body.ts';
import { counted, TooMuchUnproved, type UnprovedPosts } from './unproved.ts';

/** Events are a few KB. */
const MAX_EVENT_BYTES = 1024 * 1024;

export interface EventIngressDeps {
  outbound: Pick<OutboundProvider, 'name' | 'events'>;
  storage: Storage;
  work: Pick<EventWork, 'add'>;
  unproved: UnprovedPosts;
  /** As in `bodyOf`. */
  idleMs?: number | undefined;
  log: Logger;
}

/**
 * The endpoint of delivery events: `POST /webhooks/<provider>/<events path>`, one event as JSON.
 *
 * - 200 `{"id"}`: the event is durable and marked, so it will be written to its message even if this process
 *   dies. Also for an event of a kind that is not used, about no message of ours, or posted before.
 * - 401: not proved. Nothing is kept. Not 406: when our key is wrong, the provider's retries save the event.
 * - 405: not a POST.
 * - 406 `{"reason"}`: can never succeed: no JSON object, compressed, or over 1 MB. Nothing is kept.
 * - 503: storage failed, the body ended early, or too much that is not proved is under way. Nothing is acknowledged, so the
 *   provider tries again.
 *
 * All but 200 are `application/problem+json`. Answers need neither MongoDB nor Temporal.
 */
export function createEventIngress(deps: EventIngressDeps): Middleware {
  const { outbound, log } = deps;
  const route = `/webhooks/${outbound.name}/${outbound.events.path}`;
  return async (ctx, next) => {
    if (ctx.path !== route) {
      await next();
      return;
    }
    if (ctx.method !== 'POST') return answerWrongMethod(ctx, 'Send events with POST.');
    try {
      await receive(ctx, deps);
    } catch (error) {
      if (error instanceof UnreadableBody) {
        log.warn({ provider: outbound.name, reason: error.message }, 'an event was refused');
        answer(ctx, 406, `This event can never succeed: ${error.message}.`, { reason: error.message });
      } else if (error instanceof IncompleteBody || error instanceof TooMuchUnproved)
        answerTryAgain(ctx, error.message);
      else {
        log.error({ provider: outbound.name, error: faultOf(error) }, 'an event could not be stored');
        answer(ctx, 503, 'The event could not be stored.');
      }
    } finally {
      await drain(ctx.req);
    }
  };
}

async function receive(
  ctx: Context,
  { outbound, storage, work, unproved, idleMs, log }: EventIngressDeps,
): Promise<void> {
  const { name: provider, events: endpoint } = outbound;
  checkHead(ctx.req, MAX_EVENT_BYTES);
  const raw = await readBody(ctx, unproved, idleMs);
  const body = parseObject(raw);
  const why = endpoint.prove(body);
  if (why !== null) {
    log.warn({ provider, why }, 'an event was not proved');
    return answer(ctx, 401, why);
  }
  const event = endpoint.parse(body);
  const id = event ? eventIdOf(event.at, event.id) : eventIdOf(new Date(), raw.toString());
  const mark = { provider, id: eventMarkId(newId(), id) };
  await storage.put(eventKey(provider, id), raw, eventMarksFolder(provider) + mark.id);
  ctx.body = { id };
  work.add(mark);
}

async function readBody(ctx: Context, posts: UnprovedPosts, idleMs?: number): Promise<Buffer> {
  const unproved = posts.begin(ctx.ip);
  try {
    return await buffer(counted(bodyOf(ctx.req, MAX_EVENT_BYTES, idleMs), unproved, () => false));
  } finally {
    unproved.end();
  }
}

function parseObject(raw: Buffer): object {
  try {
    const body: unknown = JSON.parse(raw.toString());
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  } catch {
    // The parser's own message is not used: it holds a piece of the body.
  }
  throw new UnreadableBody('the body is not a JSON object');
}
