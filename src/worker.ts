/**
 * The worker process: runs the workflows and their steps. It waits for its engines as long as they are away.
 * At SIGTERM it is no longer ready, takes nothing new, lets the steps under way end, and closes.
 */
import http from 'node:http';
import { Client } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime, type LogEntry, type Worker } from '@temporalio/worker';
import {
  createDomainActivities,
  createFileActivities,
  createMailActivities,
  createOperationsActivities,
  createReplyActivities,
  createSetUpActivities,
  createSnoozeActivities,
  createWebhookActivities,
} from '../activities/index.ts';
import { sendAccessMails } from './core/access/sendAccessMails.ts';
import { followChanges } from './core/events/followChanges.ts';
import { createChangeHandler } from './core/events/changeHandler.ts';
import { mailNotifications } from './core/events/notifications/mailNotifications.ts';
import { deleteOldSignals } from './core/events/signals.ts';
import { createPost } from './core/events/webhooks/post.ts';
import { createSeal } from './core/events/webhooks/secrets.ts';
import { createSlots } from './core/events/webhooks/slots.ts';
import { createLinks } from './core/presenters/links.ts';
import { settleMerges } from './core/threads/mergeThreads.ts';
import { endOverdueSnoozes } from './core/threads/snooze.ts';
import { newTrashCursors, purgeTrash } from './core/threads/trash.ts';
import { connect, newConnection, type Limits } from './infra/database.ts';
import { createDns } from './infra/dns/createDns.ts';
import { answerHealth } from './infra/health.ts';
import { untilMigrated } from './infra/migrations/untilMigrated.ts';
import { createModels } from './infra/models/index.ts';
import { createParserPool } from './infra/parser/createParserPool.ts';
import { createOutbound, createProviders, createSetUp } from './infra/providers/index.ts';
import { answerMetrics, watchPace, watchQueue, watchTemporal } from './infra/telemetry/metrics.ts';
import { createTemporalMetrics } from './infra/telemetry/temporalMetrics.ts';
import { createTemporalBreaker } from './infra/temporal/breaker.ts';
import { FILE_QUEUE, MAIL_QUEUE, REPLY_QUEUE, SET_UP_QUEUE, WEBHOOK_QUEUE } from './infra/temporal/ids.ts';
import { rerunInbound } from './infra/temporal/rerun.ts';
import { runState } from './infra/temporal/runs.ts';
import { keepSchedules } from './infra/temporal/schedules.ts';
import { createWake } from './infra/temporal/wake.ts';
import { AT_ONCE, createWorker } from './infra/temporal/worker.ts';
import { workflowBundle } from './infra/temporal/workflowBundle.ts';
import { createWorkflowStarts } from './infra/temporal/workflowStarts.ts';
import { createPace } from './lib/pace.ts';
import { newRowCursor } from './lib/rowCursor.ts';
import { MINUTE_MS } from './lib/time.ts';
import { openStorage, startProcess, stopSignal, untilItWorks } from './processes.ts';
import { deleteOriginals } from './sweeps/deleteOriginals.ts';
import { every, type RepeatedSweep } from './sweeps/every.ts';
import { releaseHeld } from './sweeps/releaseHeld.ts';
import { settleDeliveries } from './sweeps/settleDeliveries.ts';
import { oldestReceivedAge, settleInbound, settleReplies } from './sweeps/settleInbound.ts';
import { createDeliveryStarter } from './sweeps/startDeliveries.ts';
import { createSetUpStarter } from './sweeps/startSetUps.ts';

/**
 * For steps and sweeps: a slow database makes mail slow, and never stops it. Local steps stop waiting much
 * earlier (activities/runStep.ts).
 */
const MONGODB: Limits = { timeoutMs: MINUTE_MS, commandsAtOnce: 32 };
/** Posts to endpoints at one time; core/events/webhooks/slots.ts shares them out. */
const WEBHOOKS_AT_ONCE = 200;
/** Mails whose files are fetched from the provider at one time. */
const FILES_AT_ONCE = 64;
/** Activities besides those posts, which only find out that they must wait. */
const WAITING_AT_ONCE = 32;
/**
 * After a stop, a step under way is cancelled after 10 s (infra/temporal/worker.ts) and given up after this
 * (ms).
 */
const GIVE_UP_STEPS_MS = 18_000;

const { config, log } = startProcess('worker');
const stopping = stopSignal(log);
const retry = { log, signal: stopping };
let isServing = false;

const temporalMetrics = await installRuntime();
startHealthServer();

const connection = newConnection();
const models = createModels(connection);
// The stream of changes waits longer for news than a step may wait for an answer, so it has a connection of
// its own.
const streamConnection = newConnection();
const bundling = workflowBundle();
const [storage, , temporal] = await connectEngines().catch(() => process.exit(0));
const { namespace } = config.temporal;
const client = new Client({ connection: temporal, namespace });
const breaker = createTemporalBreaker(log);
const starts = createWorkflowStarts(client, breaker);
const deliveries = createDeliveryStarter({ models, starts, log });
const parser = createParserPool();
const pace = createPace({ most: AT_ONCE });
watchPace(() => pace.share());
watchTemporal(() => breaker.isOpen());
watchQueue('received', () => oldestReceivedAge(models));
const deps = createDeps();

const workers = await createWorkers();
if (stopping.aborted) process.exit(0);
const sweeps = startSweeps();
const following = startStream();
void untilItWorks('Temporal', () => keepSchedules(client), retry).catch(() => undefined);
isServing = true;
log.info({ build_id: config.workerVersion.buildId }, 'ready');

await untilTheWorkersEnd();
await close();
process.exit(0);

/** Must happen before anything else of Temporal's worker. */
async function installRuntime() {
  const metrics = await createTemporalMetrics();
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', logEntry),
    telemetryOptions: metrics.telemetry,
  });
  return metrics;
}

function logEntry({ level, message, meta }: LogEntry): void {
  const { workflowId, activityType, attempt } = (meta ?? {}) as Record<string, unknown>;
  log[level.toLowerCase() as 'warn' | 'error']({ workflowId, activityType, attempt }, message);
}

/** `GET /health/live`, `/health/ready` and `/metrics`. */
function startHealthServer(): void {
  const health = { isServing: () => isServing && !stopping.aborted, needed: {}, wanted: {} };
  const server = http.createServer(async (request, response) => {
    const path = request.url ?? '';
    if (path === '/metrics') {
      const { type, body } = await answerMetrics(await temporalMetrics.read());
      response.writeHead(200, { 'Content-Type': type }).end(body);
      return;
    }
    const answer = await answerHealth(path, health);
    response.writeHead(answer?.status ?? 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(answer?.body ?? {}));
  });
  server.listen(config.workerPort, config.listenAddress ?? undefined);
}

/** @throws when the process is stopped before all engines have answered */
function connectEngines() {
  const { mongodbUri, temporal: server } = config;
  const connectDatabase = async () => {
    await untilItWorks('MongoDB', () => connect(connection, mongodbUri, MONGODB), retry);
    await untilMigrated(connection, retry);
  };
  return Promise.all([
    openStorage(config, log, stopping),
    connectDatabase(),
    untilItWorks('Temporal', () => NativeConnection.connect({ address: server.address }), retry),
  ]);
}

/** What the activities work with. */
function createDeps() {
  return {
    models,
    storage,
    parser,
    providers: createProviders(config),
    outbound: createOutbound(config),
    setUp: createSetUp(config),
    dns: createDns(config.dnsServers),
    replies: config.replies,
    domains: config.domains,
    authservId: config.mimeAuthservId,
    platformDomain: config.platformDomain,
    publicUrl: config.publicUrl,
    retentionDays: config.retentionDays,
    rerun: (id: string) => rerunInbound({ models, client, starts }, id),
    wake: createWake(client, breaker),
    runState: (id: string) => runState(client, id),
    now: () => new Date(),
    pace,
    log,
  };
}

/** One worker for each task queue, so that one kind of work never waits for another. */
async function createWorkers(): Promise<Worker[]> {
  const endpointDeps = {
    ...deps,
    links: createLinks(config),
    // Without a key no endpoint can be created, so nothing is opened with this.
    seal: createSeal(config.secretsKey ?? ''),
    post: createPost({ allowLoopback: config.webhooksAllowLoopback }),
    slots: createSlots(WEBHOOKS_AT_ONCE),
  };
  const { deployment, buildId } = config.workerVersion;
  const version = buildId === null ? null : { deploymentName: deployment, buildId };
  const activitiesOnly = { connection: temporal, namespace, pace, version };
  const common = { ...activitiesOnly, workflowBundle: await bundling };
  return Promise.all([
    createWorker({ ...common, taskQueue: MAIL_QUEUE, activities: createMailActivities(deps) }),
    createWorker({
      ...activitiesOnly,
      taskQueue: FILE_QUEUE,
      activities: createFileActivities(deps),
      activitiesAtOnce: FILES_AT_ONCE,
    }),
    createWorker({ ...common, taskQueue: REPLY_QUEUE, activities: createReplyActivities(deps) }),
    createWorker({
      ...common,
      taskQueue: SET_UP_QUEUE,
      activities: {
        ...createSetUpActivities(deps),
        ...createDomainActivities(deps),
        ...createOperationsActivities(deps),
        ...createSnoozeActivities(deps),
      },
    }),
    createWorker({
      ...common,
      taskQueue: WEBHOOK_QUEUE,
      activities: createWebhookActivities(endpointDeps),
      activitiesAtOnce: WEBHOOKS_AT_ONCE + WAITING_AT_ONCE,
    }),
  ]);
}

/** Finds work that no run and no request does: its process died, an engine was away, or it is due by now. */
function startSweeps(): RepeatedSweep[] {
  const setUps = createSetUpStarter({ models, starts, log });
  setUps.takeUp();
  const rows = { models, client, log };
  const { settleAfterMs } = config;
  const [mailCursor, replyCursor, originalCursor] = [newRowCursor(), newRowCursor(), newRowCursor()];
  const endpointCursor = { after: '' };
  const trashCursors = newTrashCursors();
  const startSweep = (ms: number, name: string, sweep: () => Promise<unknown>) => every(ms, name, sweep, log);
  return [
    { stop: () => setUps.close() },
    startSweep(2_000, 'access mails', () => sendAccessMails(deps, stopping)),
    startSweep(5_000, 'starts of deliveries', () => deliveries.sweep()),
    startSweep(5_000, 'mails about notifications', () => mailNotifications(deps, stopping)),
    startSweep(10_000, 'old signals', () => deleteOldSignals(models)),
    startSweep(MINUTE_MS, 'unfinished mails', () => settleInbound(rows, settleAfterMs, mailCursor)),
    startSweep(MINUTE_MS, 'unfinished replies', () => settleReplies(rows, settleAfterMs, replyCursor)),
    startSweep(MINUTE_MS, 'unfinished deliveries', () =>
      settleDeliveries({ ...rows, starts }, endpointCursor),
    ),
    startSweep(MINUTE_MS, 'unfinished merges', () => settleMerges(models)),
    startSweep(MINUTE_MS, 'overdue snoozes', () =>
      endOverdueSnoozes(models, new Date(Date.now() - MINUTE_MS)),
    ),
    startSweep(MINUTE_MS, 'held mails', () => releaseHeld(deps)),
    startSweep(MINUTE_MS, 'originals of skipped mails', () =>
      deleteOriginals({ models, storage, client }, 10 * MINUTE_MS, originalCursor),
    ),
    startSweep(10 * MINUTE_MS, 'trash', () => purgeTrash(deps, Date.now(), trashCursors)),
  ];
}

/**
 * Turns what happens in the database into events, notifications and deliveries, until the stop. Never
 * rejects.
 */
async function startStream(): Promise<void> {
  try {
    await untilItWorks('MongoDB', () => connect(streamConnection, config.mongodbUri), retry);
    const streamed = createModels(streamConnection);
    const startDeliveries = (ids: string[]) => deliveries.add(ids);
    const handle = createChangeHandler({ models: streamed, startDeliveries });
    await followChanges({ models: streamed, reader: 'events', handle, log, signal: stopping });
  } catch {
    // Only the stop rejects, and everything else is retried.
  }
}

/**
 * Resolves after the stop, with or without the steps that hang. Ends the process with 1 when a worker fails.
 */
async function untilTheWorkersEnd(): Promise<void> {
  const gaveUp = new Promise<void>((resolve) => {
    stopping.addEventListener('abort', () => {
      workers.forEach((worker) => worker.shutdown());
      // Not `shutdownForceTime` of the SDK: it ends with an error about a worker that is still in use.
      setTimeout(() => {
        log.warn('some steps did not end in time; Temporal has them tried again');
        resolve();
      }, GIVE_UP_STEPS_MS).unref();
    });
  });
  try {
    await Promise.race([Promise.all(workers.map((worker) => worker.run())), gaveUp]);
  } catch (error) {
    const { name, message } = error as Error;
    log.fatal({ error: name, message }, 'the worker cannot go on');
    process.exit(1);
  }
}

/**
 * Sweeps and stream first: they use the connections. Steps that were given up may still hold these, so none
 * must close.
 */
async function close(): Promise<void> {
  await Promise.all([...sweeps.map((sweep) => sweep.stop()), following]);
  await Promise.allSettled([parser.close(), connection.close(), streamConnection.close(), temporal.close()]);
}
