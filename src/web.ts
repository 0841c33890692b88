/**
 * The web process: takes posts in, answers the API. Boots and acknowledges mail with neither MongoDB nor Temporal there;
 * it needs only storage. At SIGTERM it is no longer ready, finishes what it has begun, and closes.
 */
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import Koa from 'koa';
import { createApi } from './api/api.ts';
import { connect, newConnection } from './infra/database.ts';
import { answerHealth, type Health } from './infra/health.ts';
import { warnOfMissingMigrations } from './infra/migrations/untilMigrated.ts';
import { createModels } from './infra/models/index.ts';
import { answerMetrics, watchQueue } from './infra/telemetry/metrics.ts';
import { observeRequests } from './infra/telemetry/requests.ts';
import { createParserPool } from './infra/parser/createParserPool.ts';
import { openStorage, startProcess, stopSignal, untilItWorks } from './processes.ts';
import { createOutbound, createProviders, createSetUp } from './infra/providers/index.ts';
import { createReplyStarter } from './sweeps/startReplies.ts';
import { createTemporalClient } from './infra/temporal/client.ts';
import { rerunInbound } from './infra/temporal/rerun.ts';
import { createDeliveryStarter, createStartDelivery } from './infra/temporal/startDelivery.ts';
import { createStartRun } from './infra/temporal/start.ts';
import { createSetUpStarter } from './sweeps/startWanted.ts';
import { createStartSetUp, createWakeSetUp } from './infra/temporal/startSetUp.ts';
import { createStartReply, createWakeReply } from './infra/temporal/startReply.ts';
import { answerBrokenRequests } from './infra/http/brokenRequests.ts';
import { compareArchive } from './ingress/compareArchive.ts';
import { createEventIngress } from './ingress/events.ts';
import { createEventWork, type EventWork } from './ingress/eventWork.ts';
import { createNoteRepeat } from './ingress/noteRepeat.ts';
import { createStarter, type Starter } from './ingress/starter.ts';
import { createRecordDeliveryEvent } from './core/replies/recordDeliveryEvent.ts';
import { createInboundIngress } from './ingress/inbound.ts';

/** Longer than clients and proxies keep an idle connection: whoever closes one may cut off a request on its way (ms). */
const KEEP_ALIVE_MS = 65_000;
/** Time for requests under way when the process is told to stop (ms). */
const DRAIN_MS = 15_000;

const { config, log } = startProcess('web');
const stopping = stopSignal(log);
const attempts = { log, signal: stopping };

const connection = newConnection();
const models = createModels(connection);
const feedConnection = newConnection();
const feedModels = createModels(feedConnection);
const client = createTemporalClient(config.temporal);
const startRun = createStartRun(client);
const wake = createWakeReply(client);
const providers = createProviders(config);
const outbound = createOutbound(config);
const setUp = createSetUp(config);
const wakeSetUp = createWakeSetUp(client);
const replyStarter = createReplyStarter({ models, startReply: createStartReply(client), log });
// Few replies have HTML: its threads are started with the first.
const parser = createParserPool({ warm: false });
const health: Health = {
  isServing: () => !stopping.aborted,
  needed: { storage: () => Promise.reject(new Error('not open yet')) },
  wanted: {
    mongodb: () => connection.getClient().db('admin').command({ ping: 1 }),
    temporal: () => client.workflowService.getSystemInfo({}),
  },
};

let starter: Starter | null = null;
let eventWork: EventWork | null = null;

const app = new Koa({ proxy: config.trustedProxies > 0, maxIpsCount: config.trustedProxies });
app.on('error', (error: Error) => log.warn({ error: error.name }, 'a request broke off'));
app.use(async (ctx, next) => {
  const answer = ctx.path === '/metrics' ? await answerMetrics() : await answerHealth(ctx.path, health);
  if (answer) Object.assign(ctx, answer);
  else if (starter) await next();
  else {
    // Storage is not open: nothing can be kept, so providers must come again.
    ctx.status = 503;
    ctx.set('Retry-After', '5');
    ctx.type = 'application/problem+json';
    ctx.body = JSON.stringify({ type: 'about:blank', status: 503, title: 'Storage is away.' });
  }
});
app.use(observeRequests(log));
const server = http.createServer(app.callback());
server.keepAliveTimeout = KEEP_ALIVE_MS;
server.on('error', (error: NodeJS.ErrnoException) => {
  const inUse = error.code === 'EADDRINUSE';
  log.fatal(inUse ? `port ${config.port} is in use: stop what uses it, or set PORT` : error.message);
  process.exit(1);
});
answerBrokenRequests(server);
server.listen(config.port);

stopping.addEventListener('abort', async () => {
  server.closeIdleConnections();
  await Promise.race([new Promise((resolve) => server.close(resolve)), sleep(DRAIN_MS)]);
  server.closeAllConnections();
  const closed = Promise.all([starter?.close(), eventWork?.close(), replyStarter.close()]).then(() =>
    Promise.all([connection.close(), feedConnection.close()]),
  );
  // A silent engine holds nobody up: marks keep what is under way.
  await Promise.race([closed, sleep(DRAIN_MS)]);
  // Not the Temporal client: a call that it still tries again would throw out of a timer.
  process.exit(0);
});

const connectBoth = () =>
  Promise.all([connection, feedConnection].map((each) => connect(each, config.mongodbUri)));
const database = untilItWorks('MongoDB', connectBoth, attempts);
database.then(() => warnOfMissingMigrations(connection, log)).catch(() => undefined);
const storage = await openStorage(config, log, stopping).catch(() => process.exit(0));
starter = createStarter({ providers, storage, startRun, noteRepeat: createNoteRepeat(models), log });
eventWork = createEventWork({
  outbound,
  storage,
  tellReply: createRecordDeliveryEvent({ models, wake, log }),
  log,
});
const rerun = (id: string) => rerunInbound({ models, client, startRun }, id);
app.use(createInboundIngress({ providers, storage, starter, config, log }));
app.use(createEventIngress({ outbound, storage, work: eventWork, log }));
const replies = { ...replyStarter, wake };
const setUps = createSetUpStarter({ models, startSetUp: createStartSetUp(client), log });
const deliveries = createDeliveryStarter({ models, startDelivery: createStartDelivery(client), log });
app.use(
  createApi({
    models,
    storage,
    config,
    providers,
    rerun,
    replies,
    setUp,
    setUps,
    wakeSetUp,
    parser,
    log,
    deliveries,
    feedModels,
    stopping,
  }),
);
server.removeAllListeners('request').on('request', app.callback());
health.needed.storage = () => storage.check();
watchQueue('mails', () => starter.oldestAge());
watchQueue('events', () => eventWork.oldestAge());
starter.takeUpMarks();
eventWork.takeUpMarks();
const compare = () => compareArchive({ providers, storage, models, client, startRun, log });
void database.then(() => replyStarter.takeUp()).catch(() => undefined);
void database
  .then(() => untilItWorks('a part that the archive is compared with', compare, attempts))
  .catch(() => undefined);
log.info({ port: config.port }, 'ready');
