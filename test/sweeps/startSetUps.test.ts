import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import type { Models } from '../../src/infra/models/index.ts';
import { setUpWorkflowId } from '../../src/infra/temporal/ids.ts';
import { createSetUpStarter } from '../../src/sweeps/startSetUps.ts';
import { createWorkflowStarts } from '../../src/infra/temporal/workflowStarts.ts';
import { domainRow } from '../core/domains/rows.ts';
import { freshModels } from '../support/mongodb.ts';
import { freshNamespace, temporalAddress } from '../support/temporal.ts';

let client: Client;
let models: Models;
beforeAll(async () => {
  models = await freshModels();
  const connection = await Connection.connect({ address: temporalAddress() });
  client = new Client({ connection, namespace: await freshNamespace() });
});
afterAll(async () => {
  await models.connection.close();
  await client.connection.close();
});

test('a set-up whose run an operator ended continues in a new run when a start is wanted', async () => {
  const log = pino({ level: 'silent' });
  const setUps = createSetUpStarter({ models, starts: createWorkflowStarts(client), log });
  const { _id } = await models.Domain.create(domainRow({ wants_start: true }));
  const handle = (run: number) => client.workflow.getHandle(setUpWorkflowId('verifyDomain', _id, run));
  const row = () => models.Domain.findById(_id).orFail().lean();
  await setUps.sweep();
  expect(await row()).toMatchObject({ run: 1, wants_start: false });
  await handle(1).terminate();
  await models.Domain.updateOne({ _id }, { $set: { wants_start: true } });
  await setUps.sweep();
  expect(await row()).toMatchObject({ run: 2, wants_start: false });
  expect((await handle(2).describe()).status.name).toBe('RUNNING');
});

test('a proof that has ended is not started again', async () => {
  const log = pino({ level: 'silent' });
  const closed = () => Promise.resolve('already-started' as const);
  const setUps = createSetUpStarter({
    models,
    starts: { verifyForwarding: closed, verifyDomain: closed },
    log,
  });
  const row = { workspace_id: 'w', workspace_email_id: 'e', address: 'a@b.test', dns_value: 'x', run: 1 };
  await models.AddressProof.create({ ...row, _id: 'p', state: 'proved', wants_start: true });
  await setUps.sweep();
  expect(await models.AddressProof.findById('p').lean()).toMatchObject({ run: 1, wants_start: false });
});
