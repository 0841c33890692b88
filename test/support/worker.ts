import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { FILE_QUEUE, MAIL_QUEUE } from '../../src/infra/temporal/ids.ts';
import { createWorker } from '../../src/infra/temporal/worker.ts';
import { todaysBundle } from './bundle.ts';
import { connectTemporal, freshNamespace, temporalAddress } from './temporal.ts';

/**
 * A worker of one queue with these activities, in a namespace of its own; with that of mail goes that of its files.
 */
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
  const common = {
    connection: native,
    namespace: ns,
    activities,
    ...(activitiesAtOnce && { activitiesAtOnce }),
  };
  const workers = [await createWorker({ ...common, taskQueue, workflowBundle: await todaysBundle() })];
  if (taskQueue === MAIL_QUEUE) workers.push(await createWorker({ ...common, taskQueue: FILE_QUEUE }));
  const running = Promise.all(workers.map((worker) => worker.run()));
  return {
    client: new Client({ connection, namespace: ns }),
    namespace: ns,
    async close() {
      workers.forEach((worker) => worker.shutdown());
      await running;
      await native.close();
      await connection.close();
    },
  };
}
