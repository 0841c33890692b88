import { createHmac } from 'node:crypto';
import type { RouterMiddleware } from '@koa/router';
import { z } from 'zod';
import type { KeyedRequestRow } from '../infra/models/index.ts';
import { isDuplicateKey } from '../infra/models/once.ts';
import { deriveKey, sealWith } from '../lib/seal.ts';
import type { ApiState } from './auth.ts';
import type { RouteDeps } from './deps.ts';
import { Problem } from './problem.ts';
import { KEY, requestOf } from './request.ts';

/** Longer than any request takes (api/unavailable.ts). */
const WORKING_MS = 30_000;

const made = new WeakSet<object>();
/** Whether this is in a route's line for its `Idempotency-Key`. */
export const isIdempotent = (middleware: object): boolean => made.has(middleware);

/** Koa gives undefined for a header that is not set, and JSON leaves that out. */
const Answer = z.object({ status: z.int(), body: z.unknown(), etag: z.string().default('') });

/**
 * `Idempotency-Key` for a route whose rows do not carry it themselves; after `jsonBody` where there is a body. A request that is
 * repeated is answered as the first was (a 2xx; after anything else it is done anew), with `Idempotency-Replayed: true`.
 * 409: the key was used for another request, or the first is still being worked on. Whoever died between the change and the answer
 * is done again, so what it makes has an id made of the request's (`requestOf`).
 */
export function idempotent({
  models,
  config,
}: Pick<RouteDeps, 'models' | 'config'>): RouterMiddleware<ApiState> {
  const requests = models.KeyedRequest;
  const keyed: RouterMiddleware<ApiState> = async (ctx, next) => {
    const { id: _id, isKeyed, hash } = requestOf(ctx, ctx.state.user);
    if (!isKeyed) {
      await next();
      return;
    }
    const box = boxFor(config.urlSecret, ctx.get(KEY), _id);
    const request_hash = box.mark(hash);
    const working_until = new Date(Date.now() + WORKING_MS);
    const { workspaceId: workspace_id } = ctx.state.user;
    const mine = { _id, workspace_id, request_hash, answer: null, working_until, created_at: new Date() };
    const there = await insertOrFind(mine);
    if (there && there.request_hash !== request_hash)
      throw new Problem(409, 'This Idempotency-Key was used for another request.');
    if (there?.answer) {
      const answer = Answer.parse(JSON.parse(box.open(there.answer)));
      ctx.status = answer.status;
      if (answer.body !== null) ctx.body = answer.body;
      if (answer.etag !== '') ctx.set('ETag', answer.etag);
      return ctx.set('Idempotency-Replayed', 'true');
    }
    if (there && !(await takeOver(there, working_until))) throw stillWorking();
    try {
      await next();
    } catch (error) {
      await requests.deleteOne({ _id, answer: null, working_until });
      throw error;
    }
    const { status, body } = ctx;
    const answer = box.close(JSON.stringify({ status, body: body ?? null, etag: ctx.response.get('ETag') }));
    await requests.updateOne({ _id, working_until }, { $set: { answer } });
  };
  made.add(keyed);
  return keyed;

  async function insertOrFind(row: KeyedRequestRow): Promise<KeyedRequestRow | null> {
    try {
      await requests.create(row);
      return null;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const there = await requests.findOne({ _id: row._id, workspace_id: row.workspace_id }).lean();
      // It failed at this moment, and is no longer there.
      if (!there) throw stillWorking();
      return there;
    }
  }

  async function takeOver(there: KeyedRequestRow, working_until: Date): Promise<boolean> {
    if (there.working_until.getTime() > Date.now()) return false;
    const taken = await requests.updateOne(
      { _id: there._id, answer: null, working_until: there.working_until },
      { $set: { working_until } },
    );
    return taken.modifiedCount === 1;
  }
}

const stillWorking = () =>
  new Problem(409, 'The first request with this Idempotency-Key is still being worked on; ask again.', {
    headers: { 'Retry-After': '1' },
  });

/** Its key cannot be derived without both our secret and the client's key. */
function boxFor(secret: string, key: string, id: string) {
  const bytes = deriveKey({ secret, salt: key, info: `idempotency ${id}` });
  return {
    /** A body may be a password: its hash alone would say when it was guessed. */
    mark: (text: string): string => createHmac('sha256', bytes).update(text).digest('hex'),
    ...sealWith(bytes),
  };
}
