import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { skippingServer } from '../support/skippingWorld.ts';
import { MAIL_QUEUE } from '../../src/infra/temporal/ids.ts';
import { createWorker } from '../../src/infra/temporal/worker.ts';
import { fakeActivities } from '../support/inboundPaths.ts';
import { todaysBundle } from '../support/bundle.ts';

const AWAY_MS = 12 * 60 * 60 * 1000;

test('while a database is away for half a day a step is tried at least each minute, and then the mail is routed', async () => {
  const env = await skippingServer();
  try {
    const tries: number[] = [];
    const { activities } = fakeActivities({
      recordMessage: async () => {
        const now = await env.currentTimeMs();
        if (!activityInfo().isLocal) tries.push(now);
        if (now < back) throw ApplicationFailure.retryable('recordMessage: MongoServerSelectionError');
        return { messages: ['m1'], copy: false };
      },
    });
    const back = (await env.currentTimeMs()) + AWAY_MS;
    const worker = await createWorker({
      connection: env.nativeConnection,
      namespace: 'default',
      taskQueue: MAIL_QUEUE,
      activities,
      workflowBundle: await todaysBundle(),
    });
    const outcome = await worker.runUntil(
      env.client.workflow.execute('inboundEmail', {
        workflowId: 'inbound/long-outage',
        taskQueue: MAIL_QUEUE,
        args: [{ id: 'long-outage', key: 'k', run: 1 }],
      }),
    );
    expect(outcome).toEqual({ action: 'routed', messages: ['m1'], copy: false });
    const waits = tries.slice(1).map((at, i) => at - (tries[i] as number));
    // A minute, and what this machine takes to try: the real clock goes on while time is skipped.
    expect(Math.max(...waits)).toBeLessThan(110_000);
    expect(tries.length).toBeGreaterThan(AWAY_MS / 110_000);
  } finally {
    await env.teardown();
  }
});
