/**
 * The web process: takes posts in and answers the API. It starts and acknowledges mail while MongoDB and
 * Temporal are away; it needs only storage. At SIGTERM it is no longer ready, ends the requests under way,
 * and closes.
 */
import type { Middleware } from 'koa';
import { createApi } from './api/api.ts';
import { createRecordDeliveryEvent } from './core/replies/recordDeliveryEvent.ts';
import { connect, newConnection, type Limits } from './infra/database.ts';
import type { Health } from './infra/health.ts';
import { createPage } from './infra/http/page.ts';
import { startServer } from './infra/http/server.ts';
import { warnOfMissingMigrations } from './infra/migrations/untilMigrated.ts';
import { createModels } from './infra/models/index.ts';
import { isReplay } from './infra/models/usedTokens.ts';
import { createParserPool } from './infra/parser/createParserPool.ts';
import { createDemoMail, createOutbound, createProviders, createSetUp } from './infra/providers/index.ts';
import type { Storage } from './infra/storage/storage.ts';
import { watchQueue, watchTemporal } from './infra/telemetry/metrics.ts';
import { createTemporalBreaker } from './infra/temporal/breaker.ts';
import { createTemporalClient } from './infra/temporal/client.ts';
import { rerunInbound } from './infra/temporal/rerun.ts';
import { createWakeReply, createWakeSetUp } from './infra/temporal/wake.ts';
import { createWorkflowStarts } from './infra/temporal/workflowStarts.ts';
import { createEventIngress } from './ingress/events.ts';
import { createEventWork } from './ingress/eventWork.ts';
import { createInboundIngress } from './ingress/inbound.ts';
import { UnprovedPosts } from './ingress/unproved.ts';
import { createNoteRepeat } from './ingress/noteRepeat.ts';
import { createStarter } from './ingress/starter.ts';
import { DAY_MS } from './lib/time.ts';
import { openStorage, startProcess, stopSignal, untilItWorks } from './processes.ts';
import { compareArchive } from './sweeps/compareArchive.ts';
import { every } from './sweeps/every.ts';
import { createDeliveryStarter } from './sweeps/startDeliveries.ts';
import { createReplyStarter } from './sweeps/startReplies.ts';
import { createSnoozeStarter } from './sweeps/startSnoozes.ts';
import { createSetUpStarter } from './sweeps/startSetUps.ts';

/** For requests: an answer that takes longer is a 503 (src/api/unavailable.ts). */
const MONGODB: Limits = { timeoutMs: 10_000, commandsAtOnce: 32 };

const { config, log } = startProcess('web');
const stopping = stopSignal(log);
const retry = { log, signal: stopping };

const connection = newConnection();
const models = createModels(connection);
// Streams of events wait on a connection of their own, and so hold up no request.
const feedConnection = newConnection();
const client = createTemporalClient(config.temporal);
const temporal = createTemporalBreaker(log);
const starts = createWorkflowStarts(client, temporal);
const wake = createWakeReply(client, temporal);
const providers = createProviders(config);
const outbound = createOutbound(config);
const replyStarter = createReplyStarter({ models, starts, log });
const setUpStarter = createSetUpStarter({ models, starts, log });

const health: Health = {
  isServing: () => !stopping.aborted,
  needed: { storage: () => Promise.reject(new Error('not open yet')) },
  wanted: {
    mongodb: () => connection.getClient().db('admin').command({ ping: 1 }),
    temporal: async () => {
      if (temporal.isOpen()) throw new Error('starts of runs fail');
      await client.workflowService.getSystemInfo({});
    },
  },
};
const server = startServer({ config, health, log });
/** Work in the background; each part ends the step that it has begun when it is closed. */
const background: { close: () => Promise<void> }[] = [replyStarter, setUpStarter];
stopping.addEventListener('abort', () => void stop());

const connected = untilItWorks('MongoDB', connectDatabase, retry);
connected.then(() => warnOfMissingMigrations(connection, log)).catch(() => undefined);
const storage = await openStorage(config, log, stopping).catch(() => process.exit(0));
const noteRepeat = createNoteRepeat(models);
const starter = createStarter({ providers, storage, starts, noteRepeat, config, log });
const recordEvent = createRecordDeliveryEvent({ models, outbound, replies: config.replies, wake, log });
const eventWork = createEventWork({
  outbound,
  storage,
  isReplay: (post) => isReplay(models, post),
  recordEvent,
  log,
});
background.push(starter, eventWork);

health.needed.storage = () => storage.check();
const unproved = new UnprovedPosts(config.maxUnprovedBytes);
server.open([
  createInboundIngress({ providers, storage, starter, unproved, config, log }),
  createEventIngress({ outbound, storage, work: eventWork, unproved, log }),
  api(storage),
  ...dashboard(),
]);
watchQueue('mails', () => starter.oldestAge());
watchQueue('events', () => eventWork.oldestAge());
watchTemporal(() => temporal.isOpen());
takeUpWhatWasLeft();
log.info({ port: config.port }, 'ready');

/** One attempt to open both connections. @throws anything when MongoDB is away */
async function connectDatabase(): Promise<void> {
  const { mongodbUri } = config;
  await Promise.all([connect(connection, mongodbUri, MONGODB), connect(feedConnection, mongodbUri)]);
}

function api(opened: Storage): Middleware {
  return createApi({
    models,
    feedModels: createModels(feedConnection),
    storage: opened,
    config,
    providers,
    setUp: createSetUp(config),
    receiveDemoMail: createDemoMail(config),
    rerun: (id) => rerunInbound({ models, client, starts }, id),
    replies: { ...replyStarter, wake },
    setUps: setUpStarter,
    snoozes: createSnoozeStarter({ starts, log }),
    wakeSetUp: createWakeSetUp(client, temporal),
    deliveries: createDeliveryStarter({ models, starts, log }),
    // Few replies have HTML: the threads of the parser start with the first.
    parser: createParserPool({ warm: false }),
    log,
    stopping,
  });
}

function dashboard(): Middleware[] {
  const page = createPage({ folder: config.dashboardDir, publicUrl: config.publicUrl });
  if (!page) log.warn({ folder: config.dashboardDir }, 'the dashboard is not built: no page is served');
  return page ? [page] : [];
}

/** Starts the work that earlier or other processes left in storage and MongoDB. */
function takeUpWhatWasLeft(): void {
  const names = [...providers.keys()];
  const compare = () => compareArchive({ providers: names, storage, models, client, starts, log });
  starter.takeUpMarks();
  eventWork.takeUpMarks();
  connected
    .then(() => {
      replyStarter.takeUp();
      return untilItWorks('storage, MongoDB or Temporal', compare, retry);
    })
    .then(() => {
      const daily = every(DAY_MS, 'the comparison of the archive', compare, log);
      background.push({ close: () => daily.stop() });
    })
    .catch(() => undefined);
}

/** The health checks say already that the process is not ready. Ends within the deadline of processes.ts. */
async function stop(): Promise<void> {
  await server.drain();
  await Promise.all(background.map((part) => part.close()));
  await Promise.all([connection.close(), feedConnection.close()]);
  // The Temporal client stays open: a call that it still retries would throw out of a timer.
  process.exit(0);
}
