import type { mongo } from 'mongoose';

/** Collections whose changes are events. */
const WATCHED = [
  'tickets',
  'conversations',
  'messages',
  'contacts',
  'workspace_emails',
  'domains',
  'notifications',
] as const;

/** What of a row comes with its change; a message has up to 4 MB of bodies, which are read when they are shown. */
const ROW_FIELDS = [
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
] as const;

/** A row as far as its change has it. After an update it is the row as it is now, which may be later than the change. */
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
  /** Of a thread or contact that is another's now. */
  merged_into?: string;
}

/** A resume token. */
export interface ResumeToken {
  /** Hexadecimal. */
  _data: string;
}

/** An entry of MongoDB's change stream, as far as it is read here. */
export interface RowChange {
  /** Where in the stream it stands. */
  _id: ResumeToken;
  operationType: string;
  ns: { db: string; coll: string };
  documentKey: { _id: string };
  clusterTime: { toString(): string };
  wallTime?: Date;
  /** Null when the row was removed since. */
  fullDocument?: ChangedRow | null;
  updateDescription?: { updatedFields?: Record<string, unknown>; removedFields?: string[] };
}

/** The stages with which `watch` gives such entries. */
export const changePipeline: mongo.Document[] = [
  { $match: { operationType: { $in: ['insert', 'update'] }, 'ns.coll': { $in: [...WATCHED] } } },
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
