import { Client } from '@temporalio/client';
import { createWorkflowStarts } from '../../../src/infra/temporal/workflowStarts.ts';
import { fakeActivities } from '../../support/inboundPaths.ts';
import { connectTemporal, freshNamespace } from '../../support/temporal.ts';
import { startTestWorker } from '../../support/worker.ts';

const MANY = 150;

test('a mail that waits in Temporal behind many of one workspace is among the first to be begun', async () => {
  const namespace = await freshNamespace();
  const connection = await connectTemporal();
  const client = new Client({ connection, namespace });
  const { inboundEmail: start } = createWorkflowStarts(client);
  const many = Array.from({ length: MANY }, (_, n) => `many-${n}`);
  for (const id of many) await start({ id, key: 'k', run: 1 }, 'many');
  await start({ id: 'other', key: 'k', run: 1 }, 'other');

  const begun: string[] = [];
  const { activities } = fakeActivities({
    archiveEmail: async ({ id }) => {
      begun.push(id);
      return { verdict: 'failed', reason: 'of this test' };
    },
  });
  const worker = await startTestWorker(activities, namespace);
  for (const id of [...many, 'other']) await client.workflow.getHandle(`inbound/${id}`).result();
  await worker.close();
  await connection.close();
  expect(new Set(begun).size).toBe(MANY + 1);
  // By order of arrival it would be the last. The worker takes some tasks at one time.
  expect(begun.indexOf('other')).toBeLessThan(MANY / 2);
});
