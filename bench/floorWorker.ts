/**
 * The floor of processing: a worker whose workflows do almost nothing. Arguments: Temporal's address, a
 * namespace.
 */
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';

const [address = '', namespace = ''] = process.argv.slice(2);
const logger = new DefaultLogger('ERROR');
Runtime.install({ logger, shutdownSignals: ['SIGTERM'] });
const connection = await NativeConnection.connect({ address });
const worker = await Worker.create({
  connection,
  namespace,
  taskQueue: 'floor',
  workflowBundle: await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./workflows/index.ts', import.meta.url)),
    logger,
  }),
  activities: {
    touch: async () => undefined,
    post: async (url: string, body: string) => {
      const answer = await fetch(url, { method: 'POST', body });
      await answer.arrayBuffer();
      return answer.status;
    },
  },
  // The same limits as the worker's for mail.
  maxConcurrentActivityTaskExecutions: 32,
  maxConcurrentWorkflowTaskExecutions: 32,
});
process.on('disconnect', () => process.exit());
const running = worker.run();
process.send!({});
await running;
await connection.close();
process.exit();
