import { markRestore } from '../../../src/core/restore/markRestore.ts';
import type { Models } from '../../../src/infra/models/index.ts';
import { newId } from '../../../src/lib/ids.ts';
import { freshModels } from '../../support/mongodb.ts';
import { saveReply } from '../../support/replies.ts';

const MINUTE_MS = 60_000;
const now = Date.now();
const backupAt = new Date(now - 30 * MINUTE_MS);
const restoredAt = new Date(now);
const at = (minutes: number) => new Date(now + minutes * MINUTE_MS);

let models: Models;
beforeAll(async () => {
  models = await freshModels();
  await models.Workspace.create({ _id: 'w1', name: 'One', created_at: backupAt });
});
afterAll(() => models.connection.close());

const reply = async (state: 'scheduled' | 'failed' | 'sent', due_at: Date) => {
  const ticket = { kind: 'ticket' as const, id: newId() };
  const is_open = state === 'scheduled';
  const opening = { opens: true, contact_id: 'c', workspace_email_id: 'e' };
  return (await saveReply({ models }, ticket, { ...opening, state, outbound: { due_at, is_open } }))._id;
};
const mail = (_id: string, state: 'received' | 'routed', arrivedAt: Date) =>
  models.InboundEmail.collection.insertOne({
    _id,
    state,
    key: `mailgun-incoming/2026/11/30/${newId(arrivedAt.getTime())}.json`,
  } as never);

test('what may have been done since the backup is not done again', async () => {
  const due = await reply('scheduled', at(-5));
  const later = await reply('scheduled', at(60));
  const failed = await reply('failed', at(-90));
  const sent = await reply('sent', at(-90));
  await mail('underway', 'received', at(-200));
  await mail('done', 'routed', at(-100));
  await mail('file-missing', 'routed', at(-45));
  await models.Message.collection.insertOne({
    _id: 'm1',
    workspace_id: 'w1',
    direction: 'inbound',
    inbound_email_id: 'file-missing',
  } as never);
  await models.Attachment.collection.insertMany([
    { _id: 'a1', message_id: 'm1', state: 'pending' },
    { _id: 'a2', message_id: due, state: 'pending' },
  ] as never[]);
  await models.ArchivePosition.create({ _id: 'compared', until: at(-90) });
  await models.Notification.collection.insertMany([
    { _id: 'n1', mail: 'wanted', read_at: null },
    { _id: 'n2', mail: 'sent', read_at: null },
  ] as never[]);
  await models.AccessMail.collection.insertOne({ _id: 'i1', state: 'wanted' } as never);
  await models.Session.collection.insertOne({ _id: 's1' } as never);

  const lastNumber = async () => (await models.Workspace.findById('w1').orFail().lean()).last_ticket_number;
  const numberBefore = await lastNumber();
  await models.Workspace.create({ _id: 'w2', name: 'Two', created_at: backupAt });
  const lastNumbers = new Map([
    ['w1', numberBefore + 3],
    ['w2', 5_000],
  ]);
  expect(await markRestore(models, { backupAt, restoredAt, mailsSince: 20, lastNumbers })).toEqual({
    lookedUp: 2,
    processedAgain: 2,
  });
  const rows = await models.Message.find({ _id: { $in: [due, later, failed, sent] } }).lean();
  const outbound = new Map(rows.map((row) => [row._id, row.outbound!]));
  for (const id of [due, failed])
    expect(outbound.get(id)!.maybe_sent).toEqual({ since: backupAt, until: restoredAt });
  for (const id of [later, sent]) expect(outbound.get(id)!.maybe_sent).toBeUndefined();
  expect([due, later, failed, sent].map((id) => outbound.get(id)!.wants_start)).toEqual([
    true,
    true,
    false,
    false,
  ]);
  const left = await models.InboundEmail.find({}, { _id: 1 }).lean();
  expect(left.map(({ _id }) => _id)).toEqual(['done']);
  expect((await models.ArchivePosition.findById('compared').orFail().lean()).until).toEqual(at(-200));
  expect(await lastNumber()).toBe(numberBefore + 1_020);
  expect(await models.Workspace.findById('w2').lean()).toMatchObject({ last_ticket_number: 5_000 });
  const notifications = await models.Notification.find({}, { mail: 1 }).sort({ _id: 1 }).lean();
  expect(notifications.map((row) => row.mail)).toEqual([null, 'sent']);
  expect(await models.AccessMail.findById('i1').lean()).toMatchObject({ state: 'failed' });
  expect(await models.Session.countDocuments()).toBe(0);
  expect(await models.connection.collection('restores').findOne()).toMatchObject({
    backup_at: backupAt,
    restored_at: restoredAt,
  });
});
