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
 * What is read of an event, of a webhook's or the Events API's. Other fields may be there, and most of these
 * may not.
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

/** An attempt's `v:` values; they come back as they were given, or as JSON reads them. */
const Variables = z.object({
  [VARIABLES.message]: z.string().min(1),
  [VARIABLES.attempt]: z.coerce.number().int().positive(),
});

/**
 * Mailgun's event as every provider's. Null for what tells nothing of a delivery (opened, clicked,
 * unsubscribed, stored), and for the way of a mail to us: Mailgun tells with the same events what it routed
 * to our webhook.
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
      // Taken, and then not sent: not allowed, or held to be spam. In the log only.
      return 'failed';
    default:
      return null;
  }
}

/** An object; `[]` where there are none; in some places the JSON of it. */
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
export function createEventHook({ signingKey }: Config['mailgun']): EventHook {
  return {
    path: 'events',
    prove(body) {
      const signed = Signed.safeParse(body).data?.signature;
      return whyUnproved(signed ?? { timestamp: null, token: null, signature: null }, signingKey);
    },
    parse: (body) => readEvent(Body.safeParse(body).data?.['event-data']),
  };
}
