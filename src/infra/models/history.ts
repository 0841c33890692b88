import { Schema } from 'mongoose';
import { nullableString, requiredString, rowSchema } from './schema.ts';

export const HISTORY_ACTIONS = [
  'status',
  'agent',
  'priority',
  'tags',
  'subject',
  'contact',
  'spam',
  'trash',
  'restore',
  'snoozed',
  'merged',
  'moved',
  'note_edited',
  'note_deleted',
] as const;

/** `token`: a user's API token. */
export const ACTOR_KINDS = ['user', 'token', 'contact', 'system'] as const;

/** Who did something. */
export interface Actor {
  kind: (typeof ACTOR_KINDS)[number];
  /** Of the user or contact; of a token its user. */
  id: string | null;
  /** The row of the token. */
  token_id?: string;
}
export const SYSTEM: Actor = { kind: 'system', id: null };

/** A value before or after: an id, a word, a time (ISO 8601), a list of tags, yes or no, or nothing. */
export type HistoryValue = string | string[] | boolean | null;

/** What was done to a thread. */
export interface Act {
  action: (typeof HISTORY_ACTIONS)[number];
  from: HistoryValue;
  to: HistoryValue;
}

/**
 * What the last change of a thread by somebody did: it is written with the change, and the change handler
 * keeps it for the history (core/events/historyOf.ts).
 */
export interface LastChange {
  /** Number of the change, of which history ids are made. */
  n: number;
  at: Date;
  actor: Actor;
  acts: Act[];
}

/** One line of a thread's history. */
export interface HistoryRow extends Act {
  /** Hash of the thread and its change, so that all workers make the same row. */
  _id: string;
  workspace_id: string;
  audience: string;
  thread_kind: 'ticket' | 'conversation';
  thread_id: string;
  actor: Actor;
  created_at: Date;
}

const options = { _id: false, strict: 'throw', minimize: false } as const;
const actor = new Schema({ kind: requiredString, id: nullableString, token_id: String }, options);
const act = { action: requiredString, from: { type: Schema.Types.Mixed }, to: { type: Schema.Types.Mixed } };

export const lastChangeSchema = new Schema(
  { n: Number, at: Date, actor, acts: [new Schema(act, options)] },
  options,
);

export const historySchema = rowSchema<HistoryRow>({
  _id: String,
  workspace_id: requiredString,
  audience: requiredString,
  thread_kind: requiredString,
  thread_id: requiredString,
  actor,
  ...act,
  created_at: Date,
});
// Its rows have the audience of the thread; queries say both, as for messages.
historySchema.index({ workspace_id: 1, thread_id: 1, audience: 1, created_at: 1, _id: 1 });
