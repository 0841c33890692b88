import type { DeliveryEvent, OutboundProvider } from '../../src/infra/providers/outbound.ts';
import { newId } from '../../src/lib/ids.ts';
import { post, type Rig } from './rig.ts';

/** A hook in place of a provider's: `proof` must be correct, and the kinds are ours. */
export interface PostedEvent {
  proof?: string;
  token?: string;
  id: string;
  kind: string;
  at: string;
  recipient: string;
  attempt?: number;
  message?: string;
  message_id?: string;
}

const KINDS = ['accepted', 'delayed', 'delivered', 'failed', 'complained'] as const;

export const fakeOutbound: Pick<OutboundProvider, 'name' | 'events'> = {
  name: 'mailgun',
  events: {
    path: 'events',
    prove: (body) => ((body as PostedEvent).proof === 'right' ? null : 'The signature is wrong.'),
    token: (body) => (body as PostedEvent).token ?? null,
    parse(body): DeliveryEvent | null {
      const event = body as PostedEvent;
      const kind = KINDS.find((one) => one === event.kind);
      if (!kind) return null;
      return {
        id: event.id,
        kind,
        recipient: event.recipient,
        at: new Date(event.at),
        reason: kind === 'failed' ? 'no such user' : null,
        message: event.message ? { id: event.message, attempt: event.attempt ?? 1 } : null,
        messageId: event.message_id ?? null,
      };
    },
  },
};

export const anEvent = (change: Partial<PostedEvent> = {}): PostedEvent => ({
  proof: 'right',
  id: newId(),
  kind: 'delivered',
  at: '2026-11-23T10:00:00.000Z',
  recipient: 'ann@client.test',
  ...change,
});

export const postEvent = (rig: Rig, event: object): Promise<Response> =>
  post(rig, 'mailgun/events', JSON.stringify(event), { 'content-type': 'application/json' });
