import type { Client } from '@temporalio/client';
import mongoose from 'mongoose';
import pino from 'pino';
import { newTrashCursors, purgeTrash } from '../../src/core/threads/trash.ts';
import { createIndexes, createModels, type Models } from '../../src/infra/models/index.ts';
import { inboundWorkflowId, replyWorkflowId } from '../../src/infra/temporal/ids.ts';
import { newRowCursor } from '../../src/lib/rowCursor.ts';
import { settleInbound, settleReplies } from '../../src/sweeps/settleInbound.ts';
import type { Storage } from '../../src/infra/storage/storage.ts';
import { examinedBy } from '../support/examined.ts';
import { freshDatabaseUri } from '../support/mongodb.ts';

/** Sweeps get past rows that stay as they are, however many there are, and read no others. */
const OLD = new Date('2026-01-01T00:00:00Z');
const log = pino({ level: 'silent' });

let models: Models;
beforeAll(async () => {
  const connection = await mongoose
    .createConnection(freshDatabaseUri(), { monitorCommands: true })
    .asPromise();
  models = createModels(connection);
  await createIndexes(models);
});
afterAll(() => models.connection.close());

/** A Temporal in which this one run was ended, and all others are open. */
const endedOnly = (workflowId: string) =>
  ({
    workflow: {
      getHandle: (id: string) => ({
        describe: async () => ({ status: { name: id === workflowId ? 'TERMINATED' : 'RUNNING' } }),
      }),
    },
  }) as unknown as Client;

/** Ids that sort as they count, all of the same age: 450 are three batches. */
const ids = (name: string, count = 450) =>
  Array.from({ length: count }, (_, n) => `${name}-${String(n).padStart(3, '0')}`);

/** Results of four calls, the last of which begins at the first row again. */
async function fourCalls(sweep: () => Promise<number>): Promise<number[]> {
  const results: number[] = [];
  for (let call = 0; call < 4; call += 1) results.push(await sweep());
  return results;
}

test('mails with open runs do not hide one whose run was ended', async () => {
  const rows = ids('mail').map((_id) => ({
    _id,
    state: 'received',
    run: 1,
    created_at: OLD,
    updated_at: OLD,
  }));
  await models.InboundEmail.collection.insertMany(rows as never[]);
  const client = endedOnly(inboundWorkflowId('mail-449', 1));
  const cursor = newRowCursor();
  expect(await fourCalls(() => settleInbound({ models, client, log }, 0, cursor))).toEqual([0, 0, 1, 0]);
  const later = endedOnly(inboundWorkflowId('mail-000', 1));
  const { after } = cursor;
  expect(after?.id).toBe('mail-199');
  expect(await fourCalls(() => settleInbound({ models, client: later, log }, 0, cursor))).toEqual([
    ...[0, 0, 1, 0],
  ]);
});

test('replies with open runs neither; those that are due later are not read', async () => {
  const reply = (_id: string, due_at: Date) => ({
    _id,
    workspace_id: 'w1',
    direction: 'outbound',
    state: 'sending',
    outbound: { run: 1, changes: 0, is_open: true, wants_start: false, unclear: true, due_at },
  });
  const due = ids('reply').map((id) => reply(id, OLD));
  const later = ids('later', 30).map((id) => reply(id, new Date(Date.now() + 3_600_000)));
  await models.Message.collection.insertMany([...due, ...later] as never[]);
  const client = endedOnly(replyWorkflowId('reply-449', 1));
  const cursor = newRowCursor();
  const settle = () => settleReplies({ models, client, log }, 0, cursor);
  expect(await fourCalls(settle)).toEqual([0, 0, 1, 0]);
  await models.Message.deleteMany({ _id: { $in: ids('reply').slice(3) } });
  cursor.after = null;
  const examined = await examinedBy(models.connection, async () => {
    await settle();
  });
  expect(examined).toEqual([{ collection: 'messages', docs: 3 }]);
});

test('threads of the trash that wait for a mail do not hide the others', async () => {
  const threads = ids('thread', 60);
  const trashed = { workspace_id: 'w1', deleted_at: OLD, hidden: 'trash', merged_into: undefined };
  await models.Ticket.collection.insertMany(
    threads.map((_id, number) => ({ _id, number, ...trashed })) as never[],
  );
  const answer = { workspace_id: 'w1', direction: 'inbound', created_at: new Date() };
  const marks = { auto_reply: false, list_mail: false, spam: false };
  await models.Message.collection.insertMany(
    threads.slice(0, 59).map((id) => ({ _id: `in-${id}`, thread_id: id, ...answer, ...marks })) as never[],
  );
  const cursors = newTrashCursors();
  const purge = () => purgeTrash({ models, storage: {} as Storage }, Date.now(), cursors);
  expect([await purge(), await purge()]).toEqual([0, 1]);
});
