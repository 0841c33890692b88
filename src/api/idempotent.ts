import { createHmac } from 'node:crypto';
import type { RouterMiddleware } from '@koa/router';
import { z } from 'zod';
import type { KeyedRequestRow } from '../infra/models/index.ts';
import { isDuplicateKey } from '../infra/models/once.ts';
import { deriveKey, sealWith } from '../lib/seal.ts';
import { MINUTE_MS } from '../lib/time.ts';
import type { ApiState } from './auth.ts';
import type { ApiDeps } from './deps.ts';
import { Problem } from './problem.ts';
import { KEY, requestOf } from './request.ts';

/** How long a request may be processed; longer than any takes (unavailable.ts). */
const PROCESSING_MS = MINUTE_MS / 2;

/** Koa gives undefined for a header that is not set, and JSON leaves that out. */
const Answer = z.object({ status: z.int(), body: z.unknown(), etag: z.string().default('') });

/**
 * `Idempotency-Key` for routes whose rows do not carry it themselves; runs after the body was read. Repeats
 * the first answer (if it was a 2xx) with `Idempotency-Replayed: true`; after a refusal the request is
 * carried out again.
 *
 * A process may die between a change and the answer. Then the request is carried out again, so every
 * row that it creates must have an id derived from the request's (`requestOf`).
 * @throws Problem 409: the key was used for another request, or the first request is still being processed
 */
export function idempotent({
  models,
  config,
}: Pick<ApiDeps, 'models' | 'config'>): RouterMiddleware<ApiState> {
  const requests = models.KeyedRequest;
  return async (ctx, next) => {
    const { id: _id, isKeyed, hash } = requestOf(ctx, ctx.state.user);
    if (!isKeyed) {
      await next();
      return;
    }
    const box = boxFor(config.urlSecret, ctx.get(KEY), _id);
    const request_hash = box.mark(hash);
    const working_until = new Date(Date.now() + PROCESSING_MS);
    const { workspaceId: workspace_id } = ctx.state.user;
    const newRow = { _id, workspace_id, request_hash, answer: null, working_until, created_at: new Date() };
    const existing = await insertOrFind(newRow);
    if (existing && existing.request_hash !== request_hash)
      throw new Problem(409, 'This Idempotency-Key was used for another request. Send a new key.');
    if (existing?.answer) {
      const answer = Answer.parse(JSON.parse(box.open(existing.answer)));
      ctx.status = answer.status;
      if (answer.body !== null) ctx.body = answer.body;
      if (answer.etag !== '') ctx.set('ETag', answer.etag);
      return ctx.set('Idempotency-Replayed', 'true');
    }
    if (existing && !(await takeOver(existing, working_until))) throw stillProcessed();
    try {
      await next();
    } catch (error) {
      await requests.deleteOne({ _id, workspace_id, answer: null, working_until });
      throw error;
    }
    const { status, body } = ctx;
    const answer = box.close(JSON.stringify({ status, body: body ?? null, etag: ctx.response.get('ETag') }));
    await requests.updateOne({ _id, workspace_id, working_until }, { $set: { answer } });
  };

  async function insertOrFind(row: KeyedRequestRow): Promise<KeyedRequestRow | null> {
    try {
      await requests.create(row);
      return null;
    } catch (error) {
      if (!isDuplicateKey(error)) throw error;
      const existing = await requests.findOne({ _id: row._id, workspace_id: row.workspace_id }).lean();
      // The first request failed just now, and its row was deleted.
      if (!existing) throw stillProcessed();
      return existing;
    }
  }

  async function takeOver(existing: KeyedRequestRow, working_until: Date): Promise<boolean> {
    if (existing.working_until.getTime() > Date.now()) return false;
    const { modifiedCount } = await requests.updateOne(
      {
        _id: existing._id,
        workspace_id: existing.workspace_id,
        answer: null,
        working_until: existing.working_until,
      },
      { $set: { working_until } },
    );
    return modifiedCount === 1;
  }
}

const stillProcessed = () =>
  new Problem(409, 'The first request with this Idempotency-Key is still being processed. Try again.', {
    headers: { 'Retry-After': '1' },
  });

/** AES-256-GCM with a key that can only be derived with both our secret and the client's key. */
function boxFor(secret: string, key: string, id: string) {
  const bytes = deriveKey({ secret, salt: key, info: `idempotency ${id}` });
  return {
    /** A keyed hash: a body may be a password, and a plain hash would let others check guesses. */
    mark: (text: string): string => createHmac('sha256', bytes).update(text).digest('hex'),
    ...sealWith(bytes),
  };
}
