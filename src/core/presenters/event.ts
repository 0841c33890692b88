import { z } from 'zod';
import { EVENT_TYPES } from '../../infra/models/eventTypes.ts';
import type { EventRow } from '../../infra/models/index.ts';
import { hashOf } from '../../lib/ids.ts';
import { Time } from './schemas.ts';

export const Event = z
  .object({
    id: z.string(),
    type: z.enum(EVENT_TYPES),
    at: Time,
    data: z.object({
      id: z.string().meta({ description: 'Id of the row that the event is about.' }),
      ticket_id: z.string().nullish().meta({ description: 'Of a message: its thread.' }),
      conversation_id: z.string().nullish(),
      owner_id: z.string().nullish().meta({ description: 'Of a personal conversation: its owner.' }),
      actor_id: z.string().optional().meta({ description: 'The user who did it.' }),
      changed: z.array(z.string()).optional().meta({ description: 'The fields that changed.' }),
    }),
  })
  .meta({ id: 'Event' });

/** An event of the feed, as the user sees it. It has the row's id; clients read the row itself. */
export function presentEvent(shared: EventRow, userId: string): z.input<typeof Event> {
  const event = asSeenBy(shared, userId);
  return {
    id: event._id,
    type: event.type,
    at: event.at,
    data: {
      id: event.row_id,
      ...(event.thread_kind && { [`${event.thread_kind}_id`]: event.thread_id }),
      ...(event.type.startsWith('conversation.') && { owner_id: event.owner_id }),
      ...(event.actor_id && { actor_id: event.actor_id }),
      ...(event.changed.length > 0 && { changed: event.changed }),
    },
  };
}

/** One of several readers has an id of the event for themselves, made of their own row. */
function asSeenBy(event: EventRow, userId: string): EventRow {
  const own = event.readers?.find(({ user_id }) => user_id === userId);
  return own ? { ...event, _id: hashOf('event', event.type, own.row_id, null), row_id: own.row_id } : event;
}
