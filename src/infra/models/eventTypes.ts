/** Events that endpoints can receive. */
export const WEBHOOK_EVENTS = [
  'ticket.created',
  'ticket.updated',
  'ticket.deleted',
  'ticket.message_created',
  'conversation.created',
  'conversation.updated',
  'conversation.deleted',
  'conversation.message_created',
  'contact.created',
  'contact.updated',
  'contact.deleted',
  'message.delivery_updated',
  'email.verified',
  'domain.verified',
] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];

/** Events that only the feed of changes has. */
const FEED_EVENTS = [
  'email.expired',
  'domain.broken',
  'message.updated',
  'notification.created',
  'notification.updated',
  'notification.deleted',
] as const;

export const EVENT_TYPES = [...WEBHOOK_EVENTS, ...FEED_EVENTS];
export type EventType = (typeof EVENT_TYPES)[number];
