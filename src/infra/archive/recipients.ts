import type { Storage } from '../storage/storage.ts';
import { hashOf } from '../../lib/ids.ts';
import { StoredPost } from './storedPost.ts';

/**
 * One delivery for each recipient. A post without recipients gets one with an empty recipient, so that it is
 * listed as failed.
 */
export function deliveriesOf(recipients: string[], contentHash: string): StoredPost['deliveries'] {
  const deliveries = new Map<string, string>();
  for (const recipient of recipients.length > 0 ? recipients : ['']) {
    const id = hashOf(recipient.trim().toLowerCase(), contentHash);
    if (!deliveries.has(id)) deliveries.set(id, recipient);
  }
  return [...deliveries].map(([inbound_id, recipient]) => ({ recipient, inbound_id }));
}

/** From whom and for whom a post is. */
export type Envelope = Pick<StoredPost, 'deliveries' | 'sender_hash'>;

/** @throws NotStoredError */
export async function readEnvelope(storage: Storage, key: string): Promise<Envelope> {
  const payload: unknown = JSON.parse((await storage.readAll(key)).toString());
  return StoredPost.pick({ deliveries: true, sender_hash: true }).parse(payload);
}

/** Ids of the inbound emails that a stored payload becomes. @throws NotStoredError */
export async function readInboundIds(storage: Storage, key: string): Promise<string[]> {
  return idsOf((await readEnvelope(storage, key)).deliveries);
}

export const idsOf = (deliveries: StoredPost['deliveries']): string[] =>
  deliveries.map((delivery) => delivery.inbound_id);
