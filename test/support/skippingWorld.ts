import { TestWorkflowEnvironment } from '@temporalio/testing';
import { createWorker } from '../../src/temporal/worker.ts';
import { todaysBundle } from './worker.ts';

/** A Temporal whose clock runs ahead to the next timer, with a worker of one queue. */
export interface SkippingWorld {
  env: TestWorkflowEnvironment;
  close(): Promise<void>;
}

/** The SDK gives the server five seconds to start, and a machine that is busy with other tests may take longer. */
export async function startSkippingEnv(tries = 5): Promise<TestWorkflowEnvironment> {
  const path = process.env.TEST_TIME_SKIPPING_SERVER as string;
  try {
    return await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path } },
    });
  } catch (error) {
    if (tries === 1 || !(error as Error).message.includes('did not start within')) throw error;
    return startSkippingEnv(tries - 1);
  }
}

export async function startSkippingWorld(taskQueue: string, activities: object): Promise<SkippingWorld> {
  const [env, workflowBundle] = await Promise.all([startSkippingEnv(), todaysBundle()]);
  const worker = await createWorker({
    connection: env.nativeConnection,
    namespace: 'default',
    ...{ taskQueue, activities, workflowBundle },
  });
  const running = worker.run();
  return {
    env,
    async close() {
      worker.shutdown();
      await running;
      await env.teardown();
    },
  };
}
