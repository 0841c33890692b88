import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime, DefaultLogger, type WorkflowBundleOption } from '@temporalio/worker';
import type { MailActivities } from '../../activities/index.ts';
import { buildWorkflowBundle, createMailWorker } from '../../src/temporal/worker.ts';
import { freshNamespace, temporalAddress } from './engines.ts';

Runtime.install({ logger: new DefaultLogger('ERROR') });

let bundle: Promise<WorkflowBundleOption> | undefined;
/** Today's workflows, bundled once a test file. */
export const todaysBundle = (): Promise<WorkflowBundleOption> => (bundle ??= buildWorkflowBundle());

/** A mail worker with these activities in a namespace of its own. */
export interface TestWorker {
  client: Client;
  namespace: string;
  close(): Promise<void>;
}

export async function startTestWorker(activities: MailActivities, namespace?: string): Promise<TestWorker> {
  const ns = namespace ?? (await freshNamespace());
  const connection = await Connection.connect({ address: temporalAddress() });
  const native = await NativeConnection.connect({ address: temporalAddress() });
  const worker = await createMailWorker({
    connection: native,
    namespace: ns,
    activities,
    workflowBundle: await todaysBundle(),
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
