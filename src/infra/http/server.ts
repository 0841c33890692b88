import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import Koa, { type Middleware } from 'koa';
import type { Logger } from 'pino';
import type { Config } from '../config.ts';
import { answerHealth, type Health } from '../health.ts';
import { answerMetrics } from '../telemetry/metrics.ts';
import { observeRequests } from '../telemetry/requests.ts';
import { answer } from './answer.ts';
import { answerBrokenRequests } from './brokenRequests.ts';
import { ownHostsOnly } from './ownHosts.ts';

/**
 * Longer than clients and proxies keep an idle connection, so that ours is not closed while a request is sent
 * (ms).
 */
const KEEP_ALIVE_MS = 65_000;
/** Time for requests under way when the process stops (ms). */
const DRAIN_MS = 15_000;

export interface WebServer {
  /** Adds the routes; before, all paths but health and metrics are answered 503. */
  open(routes: Middleware[]): void;
  /** Takes no new requests. Resolves when those under way are answered; after 15 s the rest is cut off. */
  drain(): Promise<void>;
}

/** Listens at once. Ends the process with 1 when the port is in use. */
export function startServer({
  config,
  health,
  log,
}: {
  config: Pick<Config, 'port' | 'listenAddress' | 'publicUrl' | 'trustedProxies'>;
  health: Health;
  log: Logger;
}): WebServer {
  const { port, listenAddress, publicUrl, trustedProxies } = config;
  let isOpen = false;
  const app = new Koa({ proxy: trustedProxies > 0, maxIpsCount: trustedProxies });
  app.on('error', (error: Error) => log.warn({ error: error.name }, 'a request was broken off'));
  const ownHosts = ownHostsOnly(listenAddress, publicUrl);
  if (ownHosts) app.use(ownHosts);
  app.use(async (ctx, next) => {
    const ownAnswer = ctx.path === '/metrics' ? await answerMetrics() : await answerHealth(ctx.path, health);
    if (ownAnswer) Object.assign(ctx, ownAnswer);
    else if (isOpen) await next();
    else {
      // Without storage nothing can be kept, so providers must try again.
      ctx.set('Retry-After', '5');
      answer(ctx, 503, 'Storage is not available; try again.');
    }
  });
  app.use(observeRequests(log));

  const server = http.createServer(app.callback());
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.on('error', (error: NodeJS.ErrnoException) => {
    const isInUse = error.code === 'EADDRINUSE';
    log.fatal(isInUse ? `port ${port} is in use: stop what uses it, or set PORT` : error.message);
    process.exit(1);
  });
  answerBrokenRequests(server);
  server.listen(port, listenAddress ?? undefined);

  return {
    open(routes) {
      for (const route of routes) app.use(route);
      isOpen = true;
      // Koa's callback holds only the middleware that was there when it was made.
      server.removeAllListeners('request').on('request', app.callback());
    },
    async drain() {
      server.closeIdleConnections();
      await Promise.race([new Promise((resolve) => server.close(resolve)), sleep(DRAIN_MS)]);
      server.closeAllConnections();
    },
  };
}
