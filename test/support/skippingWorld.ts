import { TestWorkflowEnvironment } from '@temporalio/testing';
import { createWorker } from '../../src/temporal/worker.ts';
import { todaysBundle } from './worker.ts';

/** A Temporal whose clock runs ahead to the next timer, with a worker of one queue. */
export interface SkippingWorld {
  env: TestWorkflowEnvironment;
  close(): Promise<void>;
}

export async function startSkippingWorld(taskQueue: string, activities: object): Promise<SkippingWorld> {
  const path = process.env.TEST_TIME_SKIPPING_SERVER as string;
  const [env, workflowBundle] = await Promise.all([
    TestWorkflowEnvironment.createTimeSkipping({ server: { executable: { type: 'existing-path', path } } }),
    todaysBundle(),
  ]);
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
