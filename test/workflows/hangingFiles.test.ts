import { MAIL_QUEUE } from '../../src/infra/temporal/ids.ts';
import { createWorkflowStarts } from '../../src/infra/temporal/workflowStarts.ts';
import { fakeActivities } from '../support/inboundPaths.ts';
import { until } from '../support/until.ts';
import { startTestWorker } from '../support/worker.ts';

const AT_ONCE = 4;

test('files that hang at the provider hold up no other mail, with or without files of its own', async () => {
  const release: (() => void)[] = [];
  let isOver = false;
  const { activities } = fakeActivities({
    archiveEmail: async ({ id }) => ({
      verdict: 'read',
      files: id === 'no files' ? 0 : 1,
      remoteFiles: id.startsWith('hangs'),
    }),
    fetchAttachments: async ({ id }) => {
      if (id.startsWith('hangs') && !isOver) await new Promise<void>((resolve) => release.push(resolve));
    },
  });
  const worker = await startTestWorker(activities, undefined, MAIL_QUEUE, AT_ONCE);
  const { inboundEmail: start } = createWorkflowStarts(worker.client);
  const resultOf = (id: string) => worker.client.workflow.getHandle(`inbound/${id}`).result();
  const hanging = Array.from({ length: 2 * AT_ONCE }, (_, n) => `hangs ${n}`);
  try {
    for (const id of hanging) await start({ id, key: 'k', run: 1 });
    await until('as many to hang as may', () => release.length === AT_ONCE);
    for (const id of ['own files', 'no files']) {
      await start({ id, key: 'k', run: 1 });
      expect(await resultOf(id)).toMatchObject({ action: 'routed' });
    }
    expect(release).toHaveLength(AT_ONCE);
  } finally {
    isOver = true;
    release.forEach((end) => end());
    await Promise.all(hanging.map(resultOf));
    await worker.close();
  }
});
