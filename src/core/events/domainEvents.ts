import { hashOf } from '../../lib/ids.ts';
import type { EventRow } from '../../infra/models/index.ts';
import { isEverybodys } from '../threads/audiences.ts';
import { changedFields, markOf, topOf, updated, type ChangedRow, type RowChange } from './changes.ts';
import { lastChangeIn } from './historyOf.ts';
import { EVERYONE } from '../threads/audiences.ts';
import { type EventType } from '../../infra/models/eventTypes.ts';

/** Fields that are not shown to anybody: a change of these alone is no event, and events do not name them. */
const INTERNAL = new Set([
  'people',
  'words',
  'audiences',
  'changes',
  'checked_replies',
  'updated_at',
  'hidden',
  'priority_rank',
  'answered_at',
  'settled_at',
  'news_at',
  'read_by',
  'snoozed_by',
  'followers',
  'stored_at',
  'last_change',
  'reopened_by',
  'notify_by_mail',
  'mail',
  'mail_at',
  // The verification of an address or domain has events of its own.
  'wants_start',
]);

/**
 * Fields that are not shown to anybody either, but whose change is visible in other fields: it is an event.
 */
const IMPLICIT = new Set(['outbound', 'merged_at', 'merged_kind']);

interface EventFacts {
  type: EventType;
  /** Part of the event's id: tells it from other events of this type about this row. */
  mark: unknown;
  audiences: string[];
}

/**
 * The one place where a change in the database becomes events. Pure: the same change always gives the same
 * ids, so two workers that follow the same stream make each event once.
 */
export function domainEvents(change: RowChange): EventRow[] {
  const row = change.fullDocument;
  if (!row?.workspace_id) return [];
  const fields = changedFields(change);
  const became = updated(change)[change.ns.coll === 'messages' ? 'state' : 'agent_id'] as string | undefined;
  return factsOf(change, row, fields).map(({ type, mark, audiences }) => ({
    _id: hashOf('event', type, change.documentKey._id, mark),
    workspace_id: row.workspace_id as string,
    audiences,
    type,
    row_id: change.documentKey._id,
    thread_kind: row.thread_kind ?? null,
    thread_id: row.thread_id ?? null,
    owner_id: ownerOf(audiences),
    changed: change.operationType === 'insert' ? [] : shownOf(fields),
    became: became ?? null,
    actor_id: actorOf(change, row),
    at: change.wallTime ?? new Date(),
  }));
}

/** The user who did it; null: mail, the workspace's own work, or a change of which nobody keeps count. */
function actorOf(change: RowChange, row: ChangedRow): string | null {
  if (change.ns.coll === 'messages')
    return change.operationType === 'insert' ? (row.author_id ?? null) : null;
  const actor = lastChangeIn(change)?.actor;
  return actor?.kind === 'user' || actor?.kind === 'token' ? actor.id : null;
}

function factsOf(change: RowChange, row: ChangedRow, fields: string[]): EventFacts[] {
  /** An event that a row has at most once. */
  const onceEvent = (type: EventType, audiences: string[]): EventFacts[] => [{ type, mark: null, audiences }];
  const event = (type: EventType, audiences: string[]): EventFacts[] => [
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
      // A new one has its event from `createNotifications`, one for all its readers.
      return row.user_id && !isNew ? aboutRow('notification', [`owner:${row.user_id}`]) : [];
    case 'messages':
      if (isNew) return onceEvent(`${row.thread_kind ?? 'ticket'}.message_created`, seenBy);
      if (row.direction === 'note') return isSet(change, 'edited_at') ? event('message.updated', seenBy) : [];
      return row.direction === 'outbound' ? aboutDelivery(change, seenBy) : [];
    case 'workspace_emails':
      // The domain has one event for all its addresses.
      if (row.kind === 'domain') return [];
      if (isSet(change, 'proved_at')) return event('email.verified', EVERYONE);
      return isSet(change, 'expired_at') ? event('email.expired', EVERYONE) : [];
    case 'domains':
      if (updated(change).state === 'verified') return event('domain.verified', EVERYONE);
      return ['failing', 'broken', 'lost'].includes(String(updated(change).state))
        ? event('domain.broken', EVERYONE)
        : [];
    default:
      return [];
  }

  function aboutRow(kind: 'ticket' | 'conversation' | 'contact' | 'notification', audiences = seenBy) {
    if (isNew) return onceEvent(`${kind}.created`, audiences);
    // Moved to the trash, or merged into another row. When that row is merged into a third one, only
    // `merged_into` changes here, without `changes`: this row was deleted for its readers before.
    const isMerged = isSet(change, 'merged_into') && fields.includes('changes');
    if (isSet(change, 'deleted_at') || isMerged) return event(`${kind}.deleted`, audiences);
    if (row.merged_into) return [];
    return fields.some((field) => !INTERNAL.has(topOf(field))) ? event(`${kind}.updated`, audiences) : [];
  }

  function aboutContact() {
    const rowEvents = aboutRow('contact');
    if (rowEvents.length > 0 || row.merged_into) return rowEvents;
    // `changes`: a person changed it, which is visible, if only as one more address.
    if (fields.includes('changes')) return event('contact.updated', seenBy);
    // Mail made the contact visible to another audience, for which it is new. The other audiences are not
    // notified: the mail may be personal.
    const audiences = newAudiences(change, row);
    return audiences.length > 0 ? event('contact.created', audiences) : [];
  }
}

/**
 * The audience that could not see the contact before. `knowContact` adds one at a time, at the end. A server
 * may report only that the whole of `audiences` changed. Stand-in: docs/decisions/stand-in-database.md
 */
function newAudiences(change: RowChange, row: ChangedRow): string[] {
  const fields = updated(change);
  const whole = fields.audiences as string[] | undefined;
  const added = Object.keys(fields).filter((field) => field.startsWith('audiences.'));
  const positions = added.map((field) => Number(field.slice('audiences.'.length)));
  // The row may have later audiences already.
  const earlier = whole?.slice(0, -1) ?? row.audiences?.slice(0, Math.min(...positions)) ?? [];
  if (isEverybodys(earlier)) return [];
  return whole?.slice(-1) ?? added.map((field) => String(fields[field]));
}

/**
 * A server may report a change inside `outbound` as a change of the whole of `outbound`. Then the event's id
 * is made of the present deliveries, so that the same deliveries make the same event. Stand-in:
 * docs/decisions/stand-in-database.md
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

const isSet = (change: RowChange, field: string): boolean => (updated(change)[field] ?? null) !== null;

const shownOf = (fields: string[]): string[] =>
  [...new Set(fields.map(topOf))].filter((field) => !INTERNAL.has(field) && !IMPLICIT.has(field)).sort();

function ownerOf(audiences: string[]): string | null {
  const [only] = audiences.length === 1 ? audiences : [];
  return only?.startsWith('owner:') ? only.slice('owner:'.length) : null;
}
