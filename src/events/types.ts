import type { EventRow } from '../models/index.ts';

/** What endpoints can be told of (README: "Webhooks and changes"). */
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

/** What only the feed of changes tells. */
type FeedEvent =
  | 'email.expired'
  | 'domain.broken'
  | 'notification.created'
  | 'notification.updated'
  | 'notification.deleted';

export type EventType = (typeof WEBHOOK_EVENTS)[number] | FeedEvent;

/** An event before it is stored. */
export interface DomainEvent extends Omit<EventRow, 'type'> {
  type: EventType;
}

/** Everybody in the workspace: who sees tickets and shared conversations. */
export const EVERYONE = ['tickets', 'shared'];
