import { z } from 'zod';
import type { Config } from '../../config.ts';
import type { DeliveryEvent, EventHook } from '../outbound.ts';
import { parseJson } from './attachments.ts';
import { deliveryReason } from './deliveryReason.ts';
import { VARIABLES } from './send.ts';
import { whyUnproved } from './signature.ts';

const text = z.string().catch('');
const nothing = <T extends z.ZodType>(shape: T) => shape.optional().catch(undefined);

/**
 * The fields that are read of an event, from a webhook or the Events API. There may be others, and most may
 * be missing.
 */
const Event = z.object({
  event: z.string(),
  id: z.string().min(1),
  /** Seconds, with a fraction. */
  timestamp: z.number().positive().max(8e12),
  recipient: z.string().min(1),
  severity: text,
  reason: text,
  flags: nothing(z.object({ 'is-routed': z.boolean().catch(false) })),
  'delivery-status': nothing(
    z.object({ code: z.number().nullable().catch(null), message: text, description: text }),
  ),
  reject: nothing(z.object({ reason: text })),
  message: nothing(z.object({ headers: z.object({ 'message-id': text }) })),
  'user-variables': z.unknown().optional(),
});
export type MailgunEvent = z.infer<typeof Event>;

/** The `v:` values of an attempt. Events return them as they were sent, or parsed as JSON. */
const Variables = z.object({
  [VARIABLES.message]: z.string().min(1),
  [VARIABLES.attempt]: z.coerce.number().int().positive(),
});

/**
 * Converts Mailgun's event into the form of all providers. Null for events that are not about delivery
 * (opened, clicked, unsubscribed, stored), and for those about inbound mail: Mailgun has the same events for
 * mail that it routes to our webhook.
 */
export function readEvent(written: unknown): DeliveryEvent | null {
  const event = Event.safeParse(written).data;
  if (!event || event.flags?.['is-routed']) return null;
  const kind = kindOf(event);
  if (kind === null) return null;
  const messageId = event.message?.headers['message-id'].replace(/^<|>$/g, '') ?? '';
  return {
    id: event.id,
    kind,
    recipient: event.recipient,
    at: new Date(event.timestamp * 1000),
    reason: deliveryReason(kind, event),
    message: messageOf(event['user-variables']),
    messageId: messageId === '' ? null : `<${messageId}>`,
  };
}

function kindOf({ event, severity }: MailgunEvent): DeliveryEvent['kind'] | null {
  switch (event) {
    case 'accepted':
    case 'delivered':
    case 'complained':
      return event;
    case 'failed':
      return severity === 'temporary' ? 'delayed' : 'failed';
    case 'rejected':
      // Accepted, but then not sent, because it is not allowed or taken for spam. Only the Events API has
      // this event.
      return 'failed';
    default:
      return null;
  }
}

/** `user-variables` is an object, `[]` if there are none, or in some places the JSON of the object. */
function messageOf(written: unknown): DeliveryEvent['message'] {
  const variables = Variables.safeParse(typeof written === 'string' ? parseJson(written) : written).data;
  if (!variables) return null;
  return { id: variables[VARIABLES.message], attempt: variables[VARIABLES.attempt] };
}

const Signed = z.object({
  signature: z.object({ timestamp: z.coerce.string(), token: z.string(), signature: z.string() }),
});
const Body = z.object({ 'event-data': z.unknown() });

/**
 * Event webhooks: `{signature: {timestamp, token, signature}, "event-data": {…}}`. Only timestamp and token
 * are signed.
 */
export function createEventHook(config: Config['mailgun']): EventHook {
  return {
    path: 'events',
    prove(body) {
      const signed = Signed.safeParse(body).data?.signature;
      return whyUnproved(signed ?? { timestamp: null, token: null, signature: null }, config);
    },
    token: (body) => Signed.safeParse(body).data?.signature.token ?? null,
    parse: (body) => readEvent(Body.safeParse(body).data?.['event-data']),
  };
}
