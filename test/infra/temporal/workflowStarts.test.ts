import { Client, Connection } from '@temporalio/client';
import { newId } from '../../../src/lib/ids.ts';
import { replyWorkflowId } from '../../../src/infra/temporal/ids.ts';
import { createTemporalBreaker } from '../../../src/infra/temporal/breaker.ts';
import { createTemporalClient } from '../../../src/infra/temporal/client.ts';
import { createWakeReply } from '../../../src/infra/temporal/wake.ts';
import { createWorkflowStarts, type WorkflowStarts } from '../../../src/infra/temporal/workflowStarts.ts';
import { freshNamespace, temporalAddress } from '../../support/temporal.ts';
import { until } from '../../support/until.ts';

let client: Client;
let starts: WorkflowStarts;
beforeAll(async () => {
  const namespace = await freshNamespace();
  const connection = await Connection.connect({ address: temporalAddress() });
  client = new Client({ connection, namespace });
  starts = createWorkflowStarts(client);
});
afterAll(() => client.connection.close());

async function historyOf(workflowId: string) {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const payloads = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  return {
    input: payloads.map(({ data }) => JSON.parse(Buffer.from(data!).toString()) as unknown),
    signals: (events ?? []).flatMap(
      (event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? [],
    ),
  };
}

test('types, ids, queues and inputs are those of stored histories', async () => {
  const run = { id: 'x', run: 2 };
  await starts.inboundEmail({ ...run, key: 'a key' }, 'acme');
  await starts.sendReply(run, 'acme');
  await starts.deliverToEndpoint({ id: 'x' }, 'acme');
  await starts.verifyForwarding(run);
  await starts.verifyDomain(run);
  await starts.deleteWorkspace({ id: 'x' });
  for (const [workflowId, type, queue, input, priority] of [
    ['inbound/x/again/2', 'inboundEmail', 'mail', { ...run, key: 'a key' }, [2, 'acme']],
    ['reply/x/again/2', 'sendReply', 'replies', run, [2, 'acme']],
    ['endpoint/x', 'deliverToEndpoint', 'webhooks', { id: 'x' }, [3, 'acme']],
    ['verify-forwarding/x/again/2', 'verifyForwarding', 'set-up', run, [2, '']],
    ['verify-domain/x/again/2', 'verifyDomain', 'set-up', run, [2, '']],
    ['delete-workspace/x', 'deleteWorkspace', 'set-up', { id: 'x' }, [4, '']],
  ] as const) {
    const described = await client.workflow.getHandle(workflowId).describe();
    expect([described.type, described.taskQueue]).toEqual([type, queue]);
    expect([described.priority!.priorityKey, described.priority!.fairnessKey]).toEqual(priority);
    expect((await historyOf(workflowId)).input).toEqual([input]);
  }
});

test('a run is started once, even after it has closed; later runs of a reply have their own ids', async () => {
  const id = newId();
  const results = await Promise.all([1, 2, 3].map(() => starts.sendReply({ id, run: 1 })));
  expect(results.sort()).toEqual(['already-started', 'already-started', 'started']);
  await client.workflow.getHandle(replyWorkflowId(id, 1)).terminate();
  expect(await starts.sendReply({ id, run: 1 })).toBe('already-started');
  expect(await starts.sendReply({ id, run: 2 })).toBe('started');
  const { historyLength, taskQueue } = await client.workflow.getHandle(replyWorkflowId(id, 2)).describe();
  expect([historyLength, taskQueue]).toEqual([2, 'replies']);
});

test('a set-up that is open is signalled, and one that has closed is not started again', async () => {
  const id = newId();
  expect(await starts.verifyDomain({ id, run: 1 })).toBe('started');
  expect(await starts.verifyDomain({ id, run: 1 })).toBe('started');
  expect((await historyOf(`verify-domain/${id}`)).signals).toEqual(['wake', 'wake']);
  await client.workflow.getHandle(`verify-domain/${id}`).terminate();
  expect(await starts.verifyDomain({ id, run: 1 })).toBe('already-started');
});

test('what has closed may be started again where that is right', async () => {
  const start = () => starts.deleteWorkspace({ id: 'y' });
  await start();
  await client.workflow.getHandle('delete-workspace/y').terminate();
  expect(await start()).toBe('started');
  expect(await start()).toBe('already-started');
});

test('a reply holds ids only, and receives the signal', async () => {
  const id = newId();
  await starts.sendReply({ id, run: 1 });
  await createWakeReply(client)({ id, run: 1 });
  const { input, signals } = await historyOf(replyWorkflowId(id, 1));
  expect(input).toEqual([{ id, run: 1 }]);
  expect(signals).toContain('wake');
});

test('waking a run that does not exist, or a Temporal that is away, fails silently; a start rejects', async () => {
  await createWakeReply(client)({ id: newId(), run: 1 });
  const away = createTemporalClient({ address: '127.0.0.1:9', namespace: 'none' });
  await createWakeReply(away)({ id: newId(), run: 1 });
  await expect(createWorkflowStarts(away).sendReply({ id: newId(), run: 1 })).rejects.toThrow();
  await away.connection.close();
});

test('what Temporal refuses, or has already, says that it is there; a Temporal that is away is known to all', async () => {
  const breaker = createTemporalBreaker();
  const [guarded, wake] = [createWorkflowStarts(client, breaker), createWakeReply(client, breaker)];
  const run = { id: newId(), run: 1 };
  await guarded.sendReply(run);
  expect(await guarded.sendReply(run)).toBe('already-started');
  await wake({ id: newId(), run: 1 });
  await expect(guarded.sendReply({ id: 'x'.repeat(2_000), run: 1 })).rejects.toThrow();
  expect(breaker.isOpen()).toBe(false);

  const away = createTemporalClient({ address: '127.0.0.1:9', namespace: 'none' });
  await expect(createWorkflowStarts(away, breaker).sendReply(run)).rejects.toThrow();
  expect(breaker.isOpen()).toBe(true);
  await until('one that finds out', () => guarded.sendReply({ id: newId(), run: 1 }));
  expect(breaker.isOpen()).toBe(false);
  await away.connection.close();
});
