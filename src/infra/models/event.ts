import type { EventType } from './eventTypes.ts';
import { nullableString, requiredString, rowSchema } from './schema.ts';

/** What happened, as it is told to endpoints, in the feed of changes, and to people. Ids only: what it is about is read when it is shown. */
export interface EventRow {
  /** Hash of what happened (core/events/domainEvents.ts): whoever sees it makes the same one. */
  _id: string;
  workspace_id: string;
  /** Who may hear of it: those who see any one of these. */
  audiences: string[];
  type: EventType;
  /** Id of the row that it is about. */
  row_id: string;
  /** Of a message. */
  thread_kind: 'ticket' | 'conversation' | null;
  thread_id: string | null;
  /** Of a personal conversation and its messages. */
  owner_id: string | null;
  /** Fields of the row that changed; of an update. */
  changed: string[];
  /** What a message's state, or a thread's agent, was changed to; missing where neither was, and in rows of before there was this. */
  became?: string | null;
  at: Date;
}
export const eventSchema = rowSchema<EventRow>({
  _id: String,
  workspace_id: requiredString,
  audiences: [String],
  type: requiredString,
  row_id: requiredString,
  thread_kind: nullableString,
  thread_id: nullableString,
  owner_id: nullableString,
  changed: [String],
  became: String,
  at: Date,
});
// Sent to an endpoint again, from a moment on.
eventSchema.index({ workspace_id: 1, at: 1, _id: 1 });
eventSchema.index({ at: 1 }, { expireAfterSeconds: 30 * 24 * 60 * 60 });

/** How far a reader of a change stream has come. */
export interface StreamPositionRow {
  /** Name of the reader. */
  _id: string;
  /** Resume token of the last change that was handled. */
  token: { _data: string };
  at: Date;
}
export const streamPositionSchema = rowSchema<StreamPositionRow>({ _id: String, token: {}, at: Date });
