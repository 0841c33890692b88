import { hashOf } from '../../lib/ids.ts';
import type { EventRow } from '../../infra/models/index.ts';
import { isEverybodys } from '../threads/audiences.ts';
import type { RowChange, ChangedRow } from './changes.ts';
import { EVERYONE } from '../threads/audiences.ts';
import { type EventType } from '../../infra/models/eventTypes.ts';

/** Fields that nobody is shown: a change of these alone is none, and none is named. */
const INTERNAL = new Set([
  'people',
  'words',
  'audiences',
  'changes',
  'updated_at',
  'hidden',
  'notify_by_mail',
  'mail',
  'mail_at',
  // An address or a domain on its way says so by other events.
  'wants_start',
]);

/** Fields that nobody is shown either, but whose change shows in others. */
const BEHIND = new Set(['outbound', 'merged_at', 'merged_kind']);

/** What a change says; `once`: it happens to a row at most once. */
interface EventFacts {
  type: EventType;
  /** What makes it another event than one of the same kind about the same row. */
  mark: unknown;
  audiences: string[];
}

/**
 * The one place where a change in the database becomes events. Pure, and whoever sees the same change makes the same ids: two workers
 * that both follow the stream tell of it once.
 */
export function domainEvents(change: RowChange): EventRow[] {
  const row = change.fullDocument;
  if (!row?.workspace_id) return [];
  const fields = changedFields(change);
  const became = updated(change)[change.ns.coll === 'messages' ? 'state' : 'agent_id'] as string | undefined;
  return tell(change, row, fields).map(({ type, mark, audiences }) => ({
    _id: hashOf('event', type, change.documentKey._id, mark),
    workspace_id: row.workspace_id as string,
    audiences,
    type,
    row_id: change.documentKey._id,
    thread_kind: row.thread_kind ?? null,
    thread_id: row.thread_id ?? null,
    owner_id: ownerOf(audiences),
    changed: change.operationType === 'insert' ? [] : shownOf(fields),
    ...(became !== undefined && { became }),
    at: change.wallTime ?? new Date(),
  }));
}

function tell(change: RowChange, row: ChangedRow, fields: string[]): EventFacts[] {
  const once = (type: EventType, audiences: string[]): EventFacts[] => [{ type, mark: null, audiences }];
  const now = (type: EventType, audiences: string[]): EventFacts[] => [
    { type, mark: markOf(change), audiences },
  ];
  const isNew = change.operationType === 'insert';
  const seenBy = row.audience === undefined ? (row.audiences ?? []) : [row.audience];
  switch (change.ns.coll) {
    case 'tickets':
      return aboutRow('ticket');
    case 'conversations':
      return aboutRow('conversation');
    case 'contacts':
      return aboutContact();
    case 'notifications':
      return row.user_id ? aboutRow('notification', [`owner:${row.user_id}`]) : [];
    case 'messages':
      if (isNew) return once(`${row.thread_kind ?? 'ticket'}.message_created`, seenBy);
      return row.direction === 'outbound' ? aboutDelivery(change, seenBy) : [];
    case 'workspace_emails':
      // Its domain tells, once for all its addresses.
      if (row.kind === 'domain') return [];
      if (isSet(change, 'proved_at')) return now('email.verified', EVERYONE);
      return isSet(change, 'expired_at') ? now('email.expired', EVERYONE) : [];
    case 'domains':
      if (updated(change).state === 'verified') return now('domain.verified', EVERYONE);
      return ['failing', 'broken', 'lost'].includes(String(updated(change).state))
        ? now('domain.broken', EVERYONE)
        : [];
    default:
      return [];
  }

  function aboutRow(kind: 'ticket' | 'conversation' | 'contact' | 'notification', audiences = seenBy) {
    if (isNew) return once(`${kind}.created`, audiences);
    // Into the trash, or into another one. Where that one goes into a third, this one only says so: it is gone already.
    const isMerged = isSet(change, 'merged_into') && fields.includes('changes');
    if (isSet(change, 'deleted_at') || isMerged) return now(`${kind}.deleted`, audiences);
    if (row.merged_into) return [];
    return fields.some((field) => !INTERNAL.has(topOf(field))) ? now(`${kind}.updated`, audiences) : [];
  }

  function aboutContact() {
    const told = aboutRow('contact');
    if (told.length > 0 || row.merged_into) return told;
    // A person's change shows, if only as one more address.
    if (fields.includes('changes')) return now('contact.updated', seenBy);
    // Mail made them known to somebody more, to whom they are new. The others are told nothing: it may be personal.
    const audiences = newAudiences(change, row);
    return audiences.length > 0 ? now('contact.created', audiences) : [];
  }
}

/**
 * Where a contact became known to people who did not see it before. One is added at a time, as the last (`knowContact`): a server may
 * say only that all of `audiences` changed (SecantusDB does).
 */
function newAudiences(change: RowChange, row: ChangedRow): string[] {
  const fields = updated(change);
  const whole = fields.audiences as string[] | undefined;
  const added = Object.keys(fields).filter((field) => field.startsWith('audiences.'));
  const places = added.map((field) => Number(field.slice('audiences.'.length)));
  // The row may have later ones already.
  const before = whole?.slice(0, -1) ?? row.audiences?.slice(0, Math.min(...places)) ?? [];
  if (isEverybodys(before)) return [];
  return whole?.slice(-1) ?? added.map((field) => String(fields[field]));
}

/**
 * A server may say of a change below `outbound` only that all of `outbound` changed (SecantusDB does): then what is there now makes
 * the id, and the same again is the same event.
 */
function aboutDelivery(change: RowChange, audiences: string[]): EventFacts[] {
  const fields = updated(change);
  const names = Object.keys(fields);
  const whole = fields.outbound as { deliveries?: unknown[] } | undefined;
  const type = 'message.delivery_updated';
  if (names.includes('state') || names.some((name) => name.startsWith('outbound.deliveries')))
    return [{ type, mark: markOf(change), audiences }];
  return whole?.deliveries?.length ? [{ type, mark: whole.deliveries, audiences }] : [];
}

const updated = (change: RowChange): Record<string, unknown> => change.updateDescription?.updatedFields ?? {};

const isSet = (change: RowChange, field: string): boolean => (updated(change)[field] ?? null) !== null;

const changedFields = (change: RowChange): string[] => [
  ...Object.keys(updated(change)),
  ...(change.updateDescription?.removedFields ?? []),
];

const shownOf = (fields: string[]): string[] =>
  [...new Set(fields.map(topOf))].filter((field) => !INTERNAL.has(field) && !BEHIND.has(field)).sort();

const topOf = (field: string): string => field.split('.')[0] as string;

/** The moment, and what changed in it: a transaction may change a row twice at one moment. */
const markOf = (change: RowChange): unknown[] => [
  change.clusterTime.toString(),
  ...changedFields(change).sort(),
];

function ownerOf(audiences: string[]): string | null {
  const [only] = audiences.length === 1 ? audiences : [];
  return only?.startsWith('owner:') ? only.slice('owner:'.length) : null;
}
