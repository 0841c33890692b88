import type { EventRow } from '../../models/index.ts';

/** An event of the feed. It says what it is about; the row is read where it is shown. */
export function presentEvent(event: EventRow) {
  return {
    id: event._id,
    type: event.type,
    at: event.at,
    data: {
      id: event.row_id,
      ...(event.thread_kind && { [`${event.thread_kind}_id`]: event.thread_id }),
      ...(event.type.startsWith('conversation.') && { owner_id: event.owner_id }),
      ...(event.changed.length > 0 && { changed: event.changed }),
    },
  };
}
