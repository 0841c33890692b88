import { Client, Connection } from '@temporalio/client';
import { pino } from 'pino';
import type { Models } from '../../src/infra/models/index.ts';
import { setUpWorkflowId } from '../../src/infra/temporal/ids.ts';
import { createSetUpStarter } from '../../src/sweeps/startSetUps.ts';
import { createWorkflowStarts } from '../../src/infra/temporal/workflowStarts.ts';
import { domainRow } from '../core/domains/rows.ts';
import { freshModels } from '../support/mongodb.ts';
import { freshNamespace, temporalAddress } from '../support/temporal.ts';
import { until } from '../support/until.ts';

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

const log = pino({ level: 'silent' });
type Starts = Parameters<typeof createSetUpStarter>[0]['starts'];

/** Starts what is wanted, until nothing is. */
async function sweep(starts: Starts): Promise<void> {
  const setUps = createSetUpStarter({ models, starts, log });
  setUps.takeUp();
  const wanted = { wants_start: true };
  await until(
    'all to be started',
    async () => !(await models.Domain.exists(wanted)) && !(await models.AddressProof.exists(wanted)),
  );
  await setUps.close();
}

test('a set-up whose run an operator ended continues in a new run when a start is wanted', async () => {
  const starts = createWorkflowStarts(client);
  const { _id } = await models.Domain.create(domainRow({ wants_start: true }));
  const handle = (run: number) => client.workflow.getHandle(setUpWorkflowId('verifyDomain', _id, run));
  const row = () => models.Domain.findById(_id).orFail().lean();
  await sweep(starts);
  expect(await row()).toMatchObject({ run: 1, wants_start: false });
  await handle(1).terminate();
  await models.Domain.updateOne({ _id }, { $set: { wants_start: true } });
  await sweep(starts);
  expect(await row()).toMatchObject({ run: 2, wants_start: false });
  expect((await handle(2).describe()).status.name).toBe('RUNNING');
});

test('a proof that has ended is not started again', async () => {
  const closed = () => Promise.resolve('already-started' as const);
  const row = { workspace_id: 'w', workspace_email_id: 'e', address: 'a@b.test', dns_value: 'x', run: 1 };
  await models.AddressProof.create({ ...row, _id: 'p', state: 'proved', wants_start: true });
  await sweep({ verifyForwarding: closed, verifyDomain: closed });
  expect(await models.AddressProof.findById('p').lean()).toMatchObject({ run: 1, wants_start: false });
});

test('what is wanted while the run is being started is a start of its own', async () => {
  const { _id, run } = await models.Domain.create(domainRow({ wants_start: true }));
  const ends: (() => void)[] = [];
  const verifyDomain = async () => {
    await new Promise<void>((resolve) => ends.push(resolve));
    return 'started' as const;
  };
  const setUps = createSetUpStarter({
    models,
    starts: { verifyForwarding: verifyDomain, verifyDomain },
    log,
  });
  setUps.add('verifyDomain', { id: _id, run });
  setUps.add('verifyDomain', { id: _id, run });
  ends[0]!();
  await until('a second start', () => ends.length === 2);
  ends[1]!();
  await setUps.close();
});
