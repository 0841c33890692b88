import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import pino from 'pino';
import type { Models } from '../../src/infra/models/index.ts';
import type { Outbound } from '../../src/infra/models/outbound.ts';
import { newId } from '../../src/lib/ids.ts';
import { settleReplies } from '../../src/sweeps/settleInbound.ts';
import { freshModels } from '../support/mongodb.ts';
import { readReply, saveReply, type Reply } from '../support/replies.ts';

const due_at = new Date(Date.now() - 60_000);
const log = pino({ level: 'silent' });

let models: Models;
beforeAll(async () => {
  models = await freshModels();
  await models.Workspace.create({ _id: 'w1', name: 'One', created_at: new Date() });
});
afterAll(() => models.connection.close());

/** Settles one reply, whose run is so in Temporal. @returns it afterwards */
async function settled(run: 'COMPLETED' | 'TERMINATED' | 'unknown', outbound: Partial<Outbound> = {}) {
  const ticket = { kind: 'ticket' as const, id: newId() };
  const opening = { opens: true, contact_id: 'c', workspace_email_id: 'e', state: 'scheduled' as const };
  const reply: Reply = await saveReply({ models }, ticket, { ...opening, outbound: { due_at, ...outbound } });
  const describe = () =>
    run === 'unknown'
      ? Promise.reject(new WorkflowNotFoundError('not found', `reply/${reply._id}`, undefined))
      : Promise.resolve({ status: { name: run } });
  const client = { workflow: { getHandle: () => ({ describe }) } } as unknown as Client;
  expect(await settleReplies({ models, client, log }, 0)).toBe(1);
  return readReply({ models }, reply._id);
}
const maybe_sent = { since: due_at, until: new Date() };

test('a run that completed without its row is followed by one that looks the reply up', async () => {
  expect(await settled('COMPLETED')).toMatchObject({
    state: 'scheduled',
    outbound: { run: 2, wants_start: true, is_open: true, maybe_sent: { since: expect.any(Date) } },
  });
});

test('one that Temporal does not know is started again', async () => {
  const { outbound } = await settled('unknown', { maybe_sent });
  expect(outbound).toMatchObject({ run: 1, wants_start: true, maybe_sent });
});

test('one that an operator ended failed, or is unconfirmed after a restore', async () => {
  expect((await settled('TERMINATED')).state).toBe('failed');
  expect((await settled('TERMINATED', { maybe_sent })).state).toBe('unconfirmed');
});
