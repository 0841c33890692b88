import { TestWorkflowEnvironment } from '@temporalio/testing';
import { createWorker } from '../../src/infra/temporal/worker.ts';
import { todaysBundle } from './bundle.ts';
import { engine } from './engine.ts';

/** Importing this module obtains the server that skips time, if no other file has. */
const program = await engine('timeSkipping');

/** A Temporal whose clock runs ahead to the next timer, with a worker of one queue. */
export interface SkippingWorld {
  env: TestWorkflowEnvironment;
  close(): Promise<void>;
}

/** The SDK gives it five seconds to come up, which is little for Java on a busy machine. */
const STARTS = 6;

/** A Temporal whose clock runs ahead to the next timer. */
export async function skippingServer(left = STARTS - 1): Promise<TestWorkflowEnvironment> {
  try {
    return await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path: program } },
    });
  } catch (error) {
    if (left === 0 || !String(error).includes('did not start')) throw error;
    return skippingServer(left - 1);
  }
}

export async function startSkippingWorld(taskQueue: string, activities: object): Promise<SkippingWorld> {
  const [env, workflowBundle] = await Promise.all([skippingServer(), todaysBundle()]);
  const worker = await createWorker({
    connection: env.nativeConnection,
    namespace: 'default',
    taskQueue,
    activities,
    workflowBundle,
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
