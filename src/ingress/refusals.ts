import type { Logger } from 'pino';
import type { InboundProvider } from '../infra/providers/inbound.ts';
import type { Storage } from '../infra/storage/storage.ts';
import { newId } from '../lib/ids.ts';
import { faultOf } from '../lib/faultOf.ts';
import type { UnreadableBody } from '../infra/http/form.ts';
import { deliveriesOf } from '../infra/archive/recipients.ts';
import { markKey, payloadKey } from '../infra/archive/keys.ts';
import type { Starter } from './starter.ts';
import type { StoredPost } from '../infra/archive/storedPost.ts';
import { HOUR_MS } from '../lib/time.ts';

/** Refused posts are not proved: without a limit a stranger could fill the disk and the operator's list. */
const KEPT_PER_HOUR = 100;

/**
 * Keeps a trace of posts that are answered 406, which providers do not send again: it becomes a skipped row.
 */
export function createRefusals(deps: { storage: Storage; starter: Pick<Starter, 'add'>; log: Logger }) {
  let hour = { began: 0, kept: 0 };
  return {
    /**
     * @returns the refusal, or null when its trace could not be stored: then the provider must send the post
     * again.
     */
    async keep(
      provider: InboundProvider,
      contentType: string,
      refused: UnreadableBody,
    ): Promise<UnreadableBody | null> {
      if (Date.now() - hour.began > HOUR_MS) hour = { began: Date.now(), kept: 0 };
      hour.kept++;
      const post = refusedPost(provider, contentType, refused.message);
      deps.log.warn(
        { provider: provider.name, post: post.id, reason: refused.message },
        'a post was refused',
      );
      if (hour.kept > KEPT_PER_HOUR) return refused;
      try {
        const { name } = provider;
        await deps.storage.put(payloadKey(name, post.id), JSON.stringify(post), markKey(name, post.id));
      } catch (error) {
        deps.log.error(
          { provider: provider.name, error: faultOf(error) },
          'a refused post could not be stored',
        );
        return null;
      }
      deps.starter.add({ provider: provider.name, id: post.id, deliveries: post.deliveries });
      return refused;
    },
  };
}

function refusedPost(provider: InboundProvider, contentType: string, reason: string): StoredPost {
  const now = new Date();
  const id = newId(now.getTime());
  return {
    id,
    provider: provider.name,
    received_at: now.toISOString(),
    content_type: contentType.slice(0, 200),
    fields: [],
    files: [],
    mime: null,
    // Each refusal gets its own row: nothing was read by which two posts could be the same.
    deliveries: deliveriesOf([], id),
    content_hash: id,
    token_hash: null,
    refused: reason,
  };
}
