import type { mongo } from 'mongoose';
import type { LastChange } from '../../infra/models/history.ts';

/** Collections whose changes are events. */
const WATCHED = ['tickets', 'conversations', 'messages', 'contacts', 'workspace_emails', 'domains'] as const;
/** Of these the change handler makes the rows itself, with one event for many. */
const WATCHED_FOR_UPDATES = ['notifications'] as const;

/** The fields of a row that come with its change. Bodies do not: a message may have 4 MB of them. */
export const ROW_FIELDS = [
  'workspace_id',
  'audience',
  'audiences',
  'owner_id',
  'user_id',
  'direction',
  'thread_kind',
  'thread_id',
  'kind',
  'merged_into',
  'author_id',
  'last_change',
  'reopened_by',
] as const;

/**
 * A row's `ROW_FIELDS`. After an update they are the row's present values, which may be later than the
 * change.
 */
export interface ChangedRow {
  workspace_id?: string | null;
  audience?: string;
  audiences?: string[];
  owner_id?: string | null;
  user_id?: string | null;
  direction?: string;
  thread_kind?: 'ticket' | 'conversation';
  thread_id?: string;
  /** Of an address. */
  kind?: string;
  /** Set on a thread or contact that was merged into another one. */
  merged_into?: string;
  /** Of a message. */
  author_id?: string | null;
  /** Of a thread. */
  last_change?: LastChange | null;
  reopened_by?: string | null;
}

/** A resume token. */
export interface ResumeToken {
  /** Hexadecimal. */
  _data: string;
}

/** An entry of MongoDB's change stream: the parts that are used here. */
export interface RowChange {
  /** Its position in the stream. */
  _id: ResumeToken;
  operationType: string;
  ns: { db: string; coll: string };
  documentKey: { _id: string };
  clusterTime: { toString(): string };
  wallTime?: Date;
  /** Null when the row has been deleted since. */
  fullDocument?: ChangedRow | null;
  updateDescription?: { updatedFields?: Record<string, unknown>; removedFields?: string[] };
}

/** The aggregation stages with which `watch` yields `RowChange`s. */
export const changePipeline: mongo.Document[] = [
  {
    $match: {
      $or: [
        { operationType: 'insert', 'ns.coll': { $in: [...WATCHED] } },
        { operationType: 'update', 'ns.coll': { $in: [...WATCHED, ...WATCHED_FOR_UPDATES] } },
      ],
    },
  },
  {
    $project: {
      operationType: 1,
      ns: 1,
      documentKey: 1,
      clusterTime: 1,
      wallTime: 1,
      'updateDescription.updatedFields': 1,
      'updateDescription.removedFields': 1,
      ...Object.fromEntries(ROW_FIELDS.map((field) => [`fullDocument.${field}`, 1])),
    },
  },
];

/** The fields that an update has set, with their values. */
export const updated = (change: RowChange): Record<string, unknown> =>
  change.updateDescription?.updatedFields ?? {};

export const changedFields = (change: RowChange): string[] => [
  ...Object.keys(updated(change)),
  ...(change.updateDescription?.removedFields ?? []),
];

export const topOf = (field: string): string => field.split('.')[0] as string;

/** The time of the change and the changed fields: a transaction may change a row twice at the same time. */
export const markOf = (change: RowChange): unknown[] => [
  change.clusterTime.toString(),
  ...changedFields(change).sort(),
];
