import { Client, Connection } from '@temporalio/client';
import { newId } from '../../../src/lib/ids.ts';
import { replyWorkflowId } from '../../../src/infra/temporal/ids.ts';
import { createTemporalClient } from '../../../src/infra/temporal/client.ts';
import { createStartReply, createWakeReply } from '../../../src/infra/temporal/startReply.ts';
import { freshNamespace, temporalAddress } from '../../support/temporal.ts';

let client: Client;
beforeAll(async () => {
  const namespace = await freshNamespace();
  const connection = await Connection.connect({ address: temporalAddress() });
  client = new Client({ connection, namespace });
});
afterAll(() => client.connection.close());

test('a run is started once, also when it is over; later runs of a reply are their own', async () => {
  const startReply = createStartReply(client);
  const id = newId();
  const all = await Promise.all([1, 2, 3].map(() => startReply({ id, run: 1 })));
  expect(all.sort()).toEqual(['already-started', 'already-started', 'started']);
  await client.workflow.getHandle(replyWorkflowId(id, 1)).terminate();
  expect(await startReply({ id, run: 1 })).toBe('already-started');
  expect(await startReply({ id, run: 2 })).toBe('started');
  const { historyLength, taskQueue } = await client.workflow.getHandle(replyWorkflowId(id, 2)).describe();
  expect([historyLength, taskQueue]).toEqual([2, 'replies']);
});

test('it holds ids only, and hears the signal', async () => {
  const id = newId();
  await createStartReply(client)({ id, run: 1 });
  await createWakeReply(client)({ id, run: 1 });
  const { events } = await client.workflow.getHandle(replyWorkflowId(id, 1)).fetchHistory();
  const input = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads;
  expect(input?.map(({ data }) => JSON.parse(Buffer.from(data!).toString()))).toEqual([{ id, run: 1 }]);
  const signals = events?.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName);
  expect(signals).toContain('wake');
});

test('a run that is not there cannot be woken, and nobody hears of it', async () => {
  await createWakeReply(client)({ id: newId(), run: 1 });
  const away = createTemporalClient({ address: '127.0.0.1:9', namespace: 'none' });
  await createWakeReply(away)({ id: newId(), run: 1 });
  await expect(createStartReply(away)({ id: newId(), run: 1 })).rejects.toThrow();
  await away.connection.close();
});
