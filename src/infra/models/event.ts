import type { EventType } from './eventTypes.ts';
import { nullableDate, nullableString, requiredString, rowSchema } from './schema.ts';

/**
 * Something that happened, for endpoints, the feed of changes and notifications. It holds ids only: the row
 * that it is about is read when it is shown.
 */
export interface EventRow {
  /** Hash of what happened (core/events/domainEvents.ts), so that all workers make the same event. */
  _id: string;
  workspace_id: string;
  /** Who may see the event: users who belong to at least one of these. */
  audiences: string[];
  /**
   * Of an event that is about another row for each of its readers (their notifications): one event row in
   * place of one for each. `core/presenters/event.ts` shows each reader their own.
   */
  readers?: EventReader[];
  type: EventType;
  /** Id of the row that the event is about. With `readers` of the event that they are notified of. */
  row_id: string;
  /** Thread of a message. */
  thread_kind: 'ticket' | 'conversation' | null;
  thread_id: string | null;
  /** Owner of a personal conversation and its messages. */
  owner_id: string | null;
  /** The fields that an update changed. */
  changed: string[];
  /** New state of a message, or new agent of a thread; null when neither changed. */
  became: string | null;
  /** The user who did it. */
  actor_id: string | null;
  at: Date;
}

/** A user, and the row that the event is about for them. */
export interface EventReader {
  user_id: string;
  row_id: string;
}

export const eventSchema = rowSchema<EventRow>({
  _id: String,
  workspace_id: requiredString,
  audiences: [String],
  readers: { type: [{ _id: false, user_id: requiredString, row_id: requiredString }], default: undefined },
  type: requiredString,
  row_id: requiredString,
  thread_kind: nullableString,
  thread_id: nullableString,
  owner_id: nullableString,
  changed: [String],
  became: nullableString,
  actor_id: nullableString,
  at: Date,
});
// Events since a time, which are sent to an endpoint again (replay).
eventSchema.index({ workspace_id: 1, at: 1, _id: 1 });
eventSchema.index({ at: 1 }, { expireAfterSeconds: 30 * 24 * 60 * 60 });

/** The position of a reader in a change stream, and which process follows the stream for it. */
export interface StreamPositionRow {
  /** Name of the reader. */
  _id: string;
  /** Resume token of the last change that was handled; null before the first. */
  token: { _data: string } | null;
  /** All changes before this time were handled. */
  at: Date | null;
  /** The process that holds the lease, and until when if it does not renew it (core/events/lease.ts). */
  holder: string | null;
  held_until: Date | null;
  /**
   * The position was lost: the events since this time must still be made from the rows
   * (core/events/changesSince.ts).
   */
  lost_since: Date | null;
}
export const streamPositionSchema = rowSchema<StreamPositionRow>({
  _id: String,
  token: { type: Object, default: null },
  at: nullableDate,
  holder: nullableString,
  held_until: nullableDate,
  lost_since: nullableDate,
});
