/**
 * The worker process: runs the workflows and their steps. Waits for its engines as long as it takes. At SIGTERM it takes
 * nothing new, finishes the steps that it has begun, and closes.
 */
import http from 'node:http';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type LogEntry } from '@temporalio/worker';
import { createDomainActivities, createMailActivities, createReplyActivities } from '../activities/index.ts';
import { connect, newConnection } from './database.ts';
import { answerHealth } from './health.ts';
import { createDns } from './dns/createDns.ts';
import { createIndexes, createModels } from './models/index.ts';
import { createParserPool } from './parser/createParserPool.ts';
import { openStorage, startProcess, stopSignal, untilItWorks } from './processes.ts';
import { createOutbound, createProviders, createSetUp } from './providers/index.ts';
import { MAIL_QUEUE, REPLY_QUEUE, SET_UP_QUEUE } from './temporal/ids.ts';
import { settleReplies, settleRows } from './temporal/settle.ts';
import { startKeepProvider } from './temporal/startKeepProvider.ts';
import { createWake } from './temporal/wake.ts';
import { createWorker, workflowBundle } from './temporal/worker.ts';

/** How often rows whose run was ended are looked for (ms). */
const SETTLE_EVERY_MS = 60_000;
/** A step has two seconds for a try; MongoDB must have said no before (ms). */
const MONGODB_TIMEOUT_MS = 1_500;

const { config, log } = startProcess('worker');
const stopping = stopSignal(log);
const attempts = { log, signal: stopping };
let isServing = false;
Runtime.install({ shutdownSignals: [], logger: new DefaultLogger('WARN', logEntry) });

const server = http.createServer(async (request, response) => {
  const health = { isServing: () => isServing && !stopping.aborted, needed: {}, wanted: {} };
  const answer = await answerHealth(request.url ?? '', health);
  response.writeHead(answer?.status ?? 404, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(answer?.body ?? {}));
});
server.listen(config.workerPort);

const connection = newConnection();
const models = createModels(connection);
const bundle = workflowBundle();
const connecting = Promise.all([
  openStorage(config, log, stopping),
  untilItWorks('MongoDB', () => makeIndexes(config.mongodbUri), attempts).then(() =>
    untilItWorks('MongoDB', () => connect(connection, config.mongodbUri, MONGODB_TIMEOUT_MS), attempts),
  ),
  untilItWorks('Temporal', () => NativeConnection.connect({ address: config.temporal.address }), attempts),
]);
const [storage, , temporal] = await connecting.catch(() => process.exit(0));
const { namespace } = config.temporal;
const client = new Client({ connection: temporal, namespace });

const parser = createParserPool();
const deps = {
  models,
  storage,
  providers: createProviders(config),
  parser,
  outbound: createOutbound(config),
  replies: config.replies,
  setUp: createSetUp(config),
  dns: createDns(config.dnsServers),
  domains: config.domains,
  platformDomain: config.platformDomain,
  publicUrl: config.publicUrl,
  wake: createWake(client),
  now: () => new Date(),
  log,
};
const common = { connection: temporal, namespace, workflowBundle: await bundle };
const workers = await Promise.all([
  createWorker({ ...common, taskQueue: MAIL_QUEUE, activities: createMailActivities(deps) }),
  createWorker({ ...common, taskQueue: REPLY_QUEUE, activities: createReplyActivities(deps) }),
  createWorker({ ...common, taskQueue: SET_UP_QUEUE, activities: createDomainActivities(deps) }),
]);
const shutdown = () => workers.forEach((worker) => worker.shutdown());
const settling = setInterval(() => {
  const found = { models, client, log };
  Promise.all([settleRows(found, config.settleAfterMs), settleReplies(found, config.settleAfterMs)]).catch(
    (error: unknown) =>
      log.warn(
        { error: (error as Error).name },
        'what was left unfinished could not be looked for; trying again',
      ),
  );
}, SETTLE_EVERY_MS);
if (stopping.aborted) shutdown();
stopping.addEventListener('abort', shutdown);

void untilItWorks('Temporal', () => startKeepProvider(client), attempts).catch(() => undefined);
isServing = true;
log.info('ready');
try {
  await Promise.all(workers.map((worker) => worker.run()));
} catch (error) {
  log.fatal({ error: (error as Error).name, message: (error as Error).message }, 'the worker cannot go on');
  process.exitCode = 1;
}
clearInterval(settling);
await Promise.all([parser.close(), connection.close(), temporal.close()]);
process.exit();

/** On a connection of its own: an index on many rows takes longer than a step may. */
async function makeIndexes(uri: string): Promise<void> {
  const own = newConnection();
  try {
    await connect(own, uri);
    await createIndexes(createModels(own));
  } finally {
    await own.close();
  }
}

function logEntry({ level, message, meta }: LogEntry): void {
  const { workflowId, activityType, attempt } = (meta ?? {}) as Record<string, unknown>;
  log[level.toLowerCase() as 'warn' | 'error']({ workflowId, activityType, attempt }, message);
}
