/**
 * The worker process: runs the workflows and their steps. Waits for its engines as long as it takes. At SIGTERM it takes
 * nothing new, finishes the steps that it has begun, and closes.
 */
import http from 'node:http';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type LogEntry } from '@temporalio/worker';
import {
  createDomainActivities,
  createMailActivities,
  createOperationsActivities,
  createReplyActivities,
  createSetUpActivities,
  createWebhookActivities,
} from '../activities/index.ts';
import { createLinks } from './core/presenters/links.ts';
import { sendAccessMails } from './core/access/sendAccessMails.ts';
import { connect, newConnection } from './infra/database.ts';
import { createDns } from './infra/dns/createDns.ts';
import { followChanges } from './core/events/follow.ts';
import { createHandler } from './core/events/handle.ts';
import { answerHealth } from './infra/health.ts';
import { untilMigrated } from './infra/migrations/untilMigrated.ts';
import { createModels } from './infra/models/index.ts';
import { answerMetrics } from './infra/telemetry/metrics.ts';
import { createTemporalMetrics } from './infra/telemetry/temporalMetrics.ts';
import { mailNotifications } from './core/events/notifications/mailNotifications.ts';
import { createParserPool } from './infra/parser/createParserPool.ts';
import { openStorage, startProcess, stopSignal, untilItWorks } from './processes.ts';
import { createOutbound, createProviders, createSetUp } from './infra/providers/index.ts';
import { MAIL_QUEUE, REPLY_QUEUE, SET_UP_QUEUE, WEBHOOK_QUEUE } from './infra/temporal/ids.ts';
import { releaseHeld } from './sweeps/releaseHeld.ts';
import { rerunInbound } from './infra/temporal/rerun.ts';
import { settleReplies, settleInbound } from './sweeps/settleInbound.ts';
import { settleDeliveries } from './sweeps/settleDeliveries.ts';
import { createStartRun } from './infra/temporal/start.ts';
import { createDeliveryStarter, createStartDelivery } from './infra/temporal/startDelivery.ts';
import { startKeepTidy } from './infra/temporal/startKeepTidy.ts';
import { createStartSetUp } from './infra/temporal/startSetUp.ts';
import { createSetUpStarter } from './sweeps/startWanted.ts';
import { runState } from './infra/temporal/runs.ts';
import { startKeepProvider } from './infra/temporal/startKeepProvider.ts';
import { createWake } from './infra/temporal/wake.ts';
import { createWorker, workflowBundle } from './infra/temporal/worker.ts';
import { createPost } from './core/events/webhooks/post.ts';
import { createSeal } from './core/events/webhooks/secrets.ts';
import { createSlots } from './core/events/webhooks/slots.ts';
import { settleMerges } from './core/threads/mergeThreads.ts';
import { purgeTrash } from './core/threads/trash.ts';
import { MINUTE_MS } from './lib/time.ts';

/** How often rows whose run was ended are looked for (ms). */
const SETTLE_EVERY_MS = 60_000;
/** How often set-ups whose run was not started are looked for (ms). */
const START_EVERY_MS = 5_000;
/** How often the trash is looked through (ms). */
const PURGE_EVERY_MS = 10 * MINUTE_MS;
/** How often mails about access that are due are looked for (ms). */
const ACCESS_MAIL_EVERY_MS = 2_000;
/** A step has two seconds for a try; MongoDB must have said no before (ms). */
const MONGODB_TIMEOUT_MS = 1_500;
/** Posts to endpoints; who may have how many of them: core/events/webhooks/slots.ts. */
const WEBHOOKS_AT_ONCE = 200;
/** Beside these, steps that find that they have to wait. */
const WAITING_AT_ONCE = 32;

const { config, log } = startProcess('worker');
const stopping = stopSignal(log);
const attempts = { log, signal: stopping };
let isServing = false;
const temporalMetrics = await createTemporalMetrics();
Runtime.install({
  shutdownSignals: [],
  logger: new DefaultLogger('WARN', logEntry),
  telemetryOptions: temporalMetrics.telemetry,
});

const server = http.createServer(async (request, response) => {
  const path = request.url ?? '';
  if (path === '/metrics') {
    const { type, body } = await answerMetrics(await temporalMetrics.read());
    response.writeHead(200, { 'Content-Type': type }).end(body);
    return;
  }
  const health = { isServing: () => isServing && !stopping.aborted, needed: {}, wanted: {} };
  const answer = await answerHealth(path, health);
  response.writeHead(answer?.status ?? 404, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(answer?.body ?? {}));
});
server.listen(config.workerPort);

const connection = newConnection();
const models = createModels(connection);
const bundle = workflowBundle();
const connecting = Promise.all([
  openStorage(config, log, stopping),
  untilItWorks('MongoDB', () => connect(connection, config.mongodbUri, MONGODB_TIMEOUT_MS), attempts).then(
    () => untilMigrated(connection, attempts),
  ),
  untilItWorks('Temporal', () => NativeConnection.connect({ address: config.temporal.address }), attempts),
]);
const [storage, , temporal] = await connecting.catch(() => process.exit(0));
const { namespace } = config.temporal;
const client = new Client({ connection: temporal, namespace });

const parser = createParserPool();
const startRun = createStartRun(client);
const deps = {
  models,
  storage,
  providers: createProviders(config),
  parser,
  outbound: createOutbound(config),
  replies: config.replies,
  dns: createDns(config.dnsServers),
  platformDomain: config.platformDomain,
  rerun: (id: string) => rerunInbound({ models, client, startRun }, id),
  setUp: createSetUp(config),
  domains: config.domains,
  publicUrl: config.publicUrl,
  wake: createWake(client),
  runState: (id: string) => runState(client, id),
  retentionDays: config.retentionDays,
  now: () => new Date(),
  log,
};
const webhookDeps = {
  ...deps,
  links: createLinks(config),
  // Without a key no endpoint was made.
  seal: createSeal(config.secretsKey ?? ''),
  post: createPost({ allowLoopback: config.webhooksAllowLoopback }),
  slots: createSlots(WEBHOOKS_AT_ONCE),
};
const common = { connection: temporal, namespace, workflowBundle: await bundle };
const workers = await Promise.all([
  createWorker({ ...common, taskQueue: MAIL_QUEUE, activities: createMailActivities(deps) }),
  createWorker({ ...common, taskQueue: REPLY_QUEUE, activities: createReplyActivities(deps) }),
  createWorker({
    ...common,
    taskQueue: SET_UP_QUEUE,
    activities: {
      ...createSetUpActivities(deps),
      ...createDomainActivities(deps),
      ...createOperationsActivities(deps),
    },
  }),
  createWorker({
    ...common,
    taskQueue: WEBHOOK_QUEUE,
    activities: createWebhookActivities(webhookDeps),
    activitiesAtOnce: WEBHOOKS_AT_ONCE + WAITING_AT_ONCE,
  }),
]);
const shutdown = () => workers.forEach((worker) => worker.shutdown());
const found = { models, client, log };
const setUps = createSetUpStarter({ models, startSetUp: createStartSetUp(client), log });
const deliveries = createDeliveryStarter({ models, startDelivery: createStartDelivery(client), log });
const sweeps = [
  every(SETTLE_EVERY_MS, () => settleInbound(found, config.settleAfterMs)),
  every(SETTLE_EVERY_MS, () => settleReplies(found, config.settleAfterMs)),
  every(SETTLE_EVERY_MS, () => settleDeliveries(found)),
  every(SETTLE_EVERY_MS, () => releaseHeld(deps)),
  every(START_EVERY_MS, () => setUps.sweep()),
  every(START_EVERY_MS, () => deliveries.sweep()),
  every(START_EVERY_MS, () => mailNotifications(deps, stopping)),
  every(SETTLE_EVERY_MS, () => settleMerges(models)),
  every(PURGE_EVERY_MS, () => purgeTrash(deps)),
  every(ACCESS_MAIL_EVERY_MS, () => sendAccessMails({ ...deps, publicUrl: config.publicUrl }, stopping)),
];
if (stopping.aborted) shutdown();
stopping.addEventListener('abort', shutdown);

void untilItWorks('Temporal', () => startKeepProvider(client), attempts).catch(() => undefined);
// On a connection of its own: the stream waits longer for news than a step may for an answer.
const streamConnection = newConnection();
const following = untilItWorks('MongoDB', () => connect(streamConnection, config.mongodbUri), attempts)
  .then(() => {
    const streamed = createModels(streamConnection);
    const startDeliveries = (ids: string[]) => deliveries.add(ids.map((id) => ({ id, run: 1 })));
    const handle = createHandler({ models: streamed, startDeliveries });
    return followChanges({ models: streamed, reader: 'events', handle, log, signal: stopping });
  })
  .catch(() => undefined);
void untilItWorks('Temporal', () => startKeepTidy(client), attempts).catch(() => undefined);
isServing = true;
log.info('ready');
try {
  await Promise.all(workers.map((worker) => worker.run()));
} catch (error) {
  log.fatal({ error: (error as Error).name, message: (error as Error).message }, 'the worker cannot go on');
  process.exitCode = 1;
}
for (const sweep of sweeps) clearInterval(sweep);
// Without a stop (the worker cannot go on) the stream never ends.
if (stopping.aborted) await following;
await Promise.all([parser.close(), connection.close(), streamConnection.close(), temporal.close()]);
process.exit();

/** Does what other processes have left undone, again and again; one that is slow is not begun beside itself. */
function every(ms: number, sweep: () => Promise<unknown>): NodeJS.Timeout {
  let isAtIt = false;
  return setInterval(() => {
    if (isAtIt) return;
    isAtIt = true;
    sweep()
      .catch((error: unknown) =>
        log.warn(
          { error: (error as Error).name },
          'what was left unfinished could not be looked for; trying again',
        ),
      )
      .finally(() => (isAtIt = false));
  }, ms);
}

function logEntry({ level, message, meta }: LogEntry): void {
  const { workflowId, activityType, attempt } = (meta ?? {}) as Record<string, unknown>;
  log[level.toLowerCase() as 'warn' | 'error']({ workflowId, activityType, attempt }, message);
}
