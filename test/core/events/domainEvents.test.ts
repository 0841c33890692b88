import { domainEvents } from '../../../src/core/events/domainEvents.ts';
import type { RowChange, ChangedRow } from '../../../src/core/events/changes.ts';

const base = (coll: string, row: ChangedRow): RowChange => ({
  _id: { _data: '00' },
  operationType: 'insert',
  ns: { db: 't', coll },
  documentKey: { _id: 'r1' },
  clusterTime: { toString: () => '7' },
  wallTime: new Date(5),
  fullDocument: { workspace_id: 'w', ...row },
});
const inserted = base;
const updated = (
  coll: string,
  row: ChangedRow,
  updatedFields: object,
  removedFields: string[] = [],
): RowChange => ({
  ...base(coll, row),
  operationType: 'update',
  updateDescription: { updatedFields: { ...updatedFields }, removedFields },
});
const types = (change: RowChange) => domainEvents(change).map(({ type }) => type);
const ticket = { audience: 'tickets' };
const personal = { audience: 'owner:dana', owner_id: 'dana' };
const ours = { audience: 'tickets', direction: 'outbound', thread_kind: 'ticket', thread_id: 't' } as const;

test.each<[string, RowChange, string[]]>([
  ['a new ticket', inserted('tickets', ticket), ['ticket.created']],
  ['its status', updated('tickets', ticket, { status: 'closed', updated_at: 1 }), ['ticket.updated']],
  [
    'fields that are never shown',
    updated('tickets', ticket, { people: [], words: [], updated_at: 1, changes: 2 }),
    [],
  ],
  ['one more who takes part', updated('tickets', ticket, { 'people.3': 'x@y.test' }), []],
  [
    'into the trash',
    updated('tickets', ticket, { deleted_at: new Date(), hidden: 'trash' }),
    ['ticket.deleted'],
  ],
  ['out of the trash', updated('tickets', ticket, { hidden: null }, ['deleted_at']), ['ticket.updated']],
  [
    'merged into another',
    updated('tickets', { ...ticket, merged_into: 't2' }, { merged_into: 't2', changes: 1 }),
    ['ticket.deleted'],
  ],
  [
    'the other one merged into a third',
    updated('tickets', { ...ticket, merged_into: 't3' }, { merged_into: 't3', merged_kind: 'ticket' }),
    [],
  ],
  [
    'a merged contact that writes where it was not known',
    updated('contacts', { audiences: ['shared'], merged_into: 'c2' }, { audiences: ['shared'] }),
    [],
  ],
  ['a conversation', inserted('conversations', personal), ['conversation.created']],
  ['its subject', updated('conversations', personal, { subject: 'x' }), ['conversation.updated']],
  ['a message in', inserted('messages', { ...ticket, thread_kind: 'ticket' }), ['ticket.message_created']],
  [
    'in a conversation',
    inserted('messages', { ...personal, thread_kind: 'conversation' }),
    ['conversation.message_created'],
  ],
  ['a copy of a mail', updated('messages', { ...ticket, direction: 'inbound' }, { copies: [1] }), []],
  [
    'a reply is sent',
    updated('messages', ours, { state: 'sent', 'outbound.is_open': false }),
    ['message.delivery_updated'],
  ],
  ['it came', updated('messages', ours, { 'outbound.deliveries.0': {} }), ['message.delivery_updated']],
  ['an attempt begins', updated('messages', ours, { 'outbound.attempt': 2 }), []],
  [
    'all of it, before any event',
    updated('messages', ours, { outbound: { attempt: 2, deliveries: [] } }),
    [],
  ],
  [
    'all of it',
    updated('messages', ours, { outbound: { deliveries: [{ state: 'sent' }] } }),
    ['message.delivery_updated'],
  ],
  ['a contact', inserted('contacts', { audiences: ['tickets'] }), ['contact.created']],
  ['its name', updated('contacts', { audiences: ['tickets'] }, { name: 'Ann' }), ['contact.updated']],
  ['an address is proved', updated('workspace_emails', {}, { proved_at: new Date() }), ['email.verified']],
  ['an address is switched off', updated('workspace_emails', {}, { active: false }), []],
  ['an address expires', updated('workspace_emails', {}, { expired_at: new Date() }), ['email.expired']],
  [
    'an address of a domain that is lost',
    updated('workspace_emails', { kind: 'domain' }, { expired_at: new Date(), proved_at: null }),
    [],
  ],
  ['a domain is proved', updated('domains', {}, { state: 'verified' }), ['domain.verified']],
  ['a domain breaks', updated('domains', {}, { state: 'failing' }), ['domain.broken']],
  ['a domain is looked at', updated('domains', {}, { checked_at: new Date() }), []],
  ['a row that is gone', { ...updated('tickets', ticket, { status: 'open' }), fullDocument: null }, []],
])('%s', (_what, change, expected) => {
  expect(types(change)).toEqual(expected);
});

test('the same change makes the same event', () => {
  const change = updated('tickets', ticket, { status: 'closed', subject: 'x' });
  const other = updated('tickets', ticket, { subject: 'x', status: 'closed' });
  expect(domainEvents(change)).toEqual(domainEvents(other));
});

test('two changes at one time, and one change at two times, are different events', () => {
  const ids = [
    updated('tickets', ticket, { status: 'closed' }),
    updated('tickets', ticket, { subject: 'x' }),
    { ...updated('tickets', ticket, { status: 'closed' }), clusterTime: { toString: () => '8' } },
  ].flatMap((change) => domainEvents(change).map(({ _id }) => _id));
  expect(new Set(ids).size).toBe(3);
});

test('the same deliveries, reported as a whole again with another attempt, are the same event', () => {
  const deliveries = [{ recipient: 'ann@x.test', state: 'sent' }];
  const [first] = domainEvents(updated('messages', ours, { outbound: { attempt: 1, deliveries } }));
  const later = {
    ...updated('messages', ours, { outbound: { attempt: 2, deliveries } }),
    clusterTime: { toString: () => '9' },
  };
  expect(domainEvents(later)[0]?._id).toBe(first?._id);
});

test('events have the audiences that may see them', () => {
  const [event] = domainEvents(inserted('conversations', personal));
  expect(event).toMatchObject({ workspace_id: 'w', audiences: ['owner:dana'], owner_id: 'dana' });
  const [contact] = domainEvents(inserted('contacts', { audiences: ['owner:dana', 'tickets'] }));
  expect(contact).toMatchObject({ audiences: ['owner:dana', 'tickets'], owner_id: null });
});

test('a new audience of a contact gets an event; earlier audiences get none', () => {
  const added = (audiences: string[]) => [
    domainEvents(
      updated('contacts', { audiences }, { [`audiences.${audiences.length - 1}`]: audiences.at(-1) }),
    ),
    domainEvents(updated('contacts', { audiences }, { audiences })),
  ];
  for (const now of [
    ['owner:dana', 'shared'],
    ['owner:dana', 'owner:max'],
  ])
    for (const events of added(now))
      expect(events).toMatchObject([{ type: 'contact.created', audiences: now.slice(-1), changed: [] }]);
  for (const events of [...added(['shared', 'tickets']), ...added(['owner:max', 'tickets', 'owner:dana'])])
    expect(events).toEqual([]);
  // The row is read later than the change was made.
  const later = { audiences: ['owner:dana', 'tickets', 'shared'] };
  expect(domainEvents(updated('contacts', later, { 'audiences.1': 'tickets' }))).toMatchObject([
    { type: 'contact.created', audiences: ['tickets'] },
  ]);
  expect(domainEvents(updated('contacts', later, { 'audiences.2': 'shared' }))).toEqual([]);
});

test('a contact that becomes visible to an audience makes another event than its creation', () => {
  const begun = domainEvents(inserted('contacts', { audiences: ['owner:dana'] }));
  const known = updated('contacts', { audiences: ['owner:dana', 'tickets'] }, { 'audiences.1': 'tickets' });
  expect(domainEvents(known)[0]?._id).not.toBe(begun[0]?._id);
});

test('a merge of contacts is an event for all who see the remaining contact', () => {
  const row = { audiences: ['tickets', 'owner:dana'] };
  const merged = updated('contacts', row, { 'audiences.1': 'owner:dana', changes: 1, updated_at: 1 });
  expect(domainEvents(merged)).toMatchObject([
    { type: 'contact.updated', audiences: ['tickets', 'owner:dana'], changed: [] },
  ]);
});

test('only fields that are shown are named', () => {
  const fields = { status: 'open', words: [], hidden: null, changes: 3, updated_at: 1, 'people.0': 'x' };
  expect(domainEvents(updated('tickets', ticket, fields))).toMatchObject([{ changed: ['status'] }]);
  const sent = updated('messages', ours, { state: 'sent', outbound: {} });
  expect(domainEvents(sent)).toMatchObject([{ changed: ['state'] }]);
});
