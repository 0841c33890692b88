import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { MAIL_QUEUE } from '../../src/infra/temporal/ids.ts';
import { createWorker } from '../../src/infra/temporal/worker.ts';
import { todaysBundle } from './bundle.ts';
import { connectTemporal, freshNamespace, temporalAddress } from './temporal.ts';

/** A worker of one queue with these activities, in a namespace of its own. */
export interface TestWorker {
  client: Client;
  namespace: string;
  close(): Promise<void>;
}

export async function startTestWorker(
  activities: object,
  namespace?: string,
  taskQueue = MAIL_QUEUE,
  activitiesAtOnce?: number,
): Promise<TestWorker> {
  const ns = namespace ?? (await freshNamespace());
  const connection = await connectTemporal();
  const native = await NativeConnection.connect({ address: temporalAddress() });
  const worker = await createWorker({
    connection: native,
    namespace: ns,
    taskQueue,
    activities,
    workflowBundle: await todaysBundle(),
    ...(activitiesAtOnce && { activitiesAtOnce }),
  });
  const running = worker.run();
  return {
    client: new Client({ connection, namespace: ns }),
    namespace: ns,
    async close() {
      worker.shutdown();
      await running;
      await native.close();
      await connection.close();
    },
  };
}
