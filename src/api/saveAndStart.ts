import type { RouterContext } from '@koa/router';
import type { MessageRow } from '../infra/models/index.ts';
import type { Draft } from '../core/replies/draft.ts';
import type { NewMessage, Order } from '../core/replies/newReply.ts';
import { withOwnPictures } from '../core/replies/pictures.ts';
import { safeBody } from '../core/replies/safeBody.ts';
import { saveMessage, type Request, type Together } from '../core/replies/saveMessage.ts';
import { seenBy } from '../core/presenters/visibility.ts';
import type { ApiState } from './auth.ts';
import type { RouteDeps } from './deps.ts';
import { fromStorage } from './download.ts';
import { Problem } from './problem.ts';
import { uncounted } from './unavailable.ts';

/**
 * Saves a message and requests the start of its run in the background: Temporal may be unavailable.
 * @param together runs in the transaction that saves it
 * @throws Problem 409 when the Idempotency-Key was used for something else; Unfit
 */
export async function saveAndStart(
  ctx: RouterContext<ApiState>,
  deps: RouteDeps,
  request: Request,
  draft: Draft,
  make: (order: Order) => Promise<NewMessage>,
  together?: Together,
): Promise<MessageRow> {
  const { models, parser, replies } = deps;
  const author = ctx.state.user;
  const makeMessage = async () => {
    const body = await uncounted(ctx, () => safeBody(parser, draft));
    const order = { id: request.id, requestHash: request.hash, author, draft, body, copies: [] };
    const fileOf = (url: string) => deps.links.fileOf(author, url);
    return make(await withOwnPictures({ ...copyingDeps(deps), fileOf, seen: seenBy(author) }, order));
  };
  const saved = await saveMessage(models, author.workspaceId, request, makeMessage, together);
  if (!saved) throw new Problem(409, 'This Idempotency-Key was used for another request. Send a new key.');
  if (saved.outbound?.wants_start)
    replies.add({ id: saved._id, run: saved.outbound.run }, saved.workspace_id);
  return saved;
}

/** With a storage whose faults are answers. */
export const copyingDeps = (deps: RouteDeps) => ({
  ...deps,
  ...deps.config,
  storage: { copy: (from: string, to: string) => fromStorage(deps.storage.copy(from, to)) },
});
