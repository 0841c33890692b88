import Router from '@koa/router';
import Koa from 'koa';
import { addDnsRoutes, type DemoDns } from './dns/index.ts';
import { Faults, type FaultSwitch } from './faults.ts';
import { addForwardRoutes } from './forwards/forwardRoutes.ts';
import type { Forwards } from './forwards/forwards.ts';
import { problem, readJson } from './json.ts';
import { authorized, isOf, messageJson, notFound, sendFile } from './messages.ts';
import type { Outbound } from './outbound/index.ts';
import { Settings } from './outbound/settings.ts';
import type { PostTry, Try } from './posts.ts';
import type { Setup } from './setup/index.ts';
import { NoRecipientError, type Received, type ReceiveOptions } from './receive.ts';
import type { Mail } from './mail.ts';
import { ReceiveRequest } from './requests.ts';
import type { MailFolder } from './stored.ts';

export interface AppOptions {
  apiKey: string;
  folder: MailFolder;
  faults: FaultSwitch;
  posts: readonly PostTry[];
  outbound: Outbound;
  setup: Setup;
  forwards: Forwards;
  dns: DemoDns | undefined;
  /** The local Mailgun's own base URL; known once it listens. */
  url(): string;
  receive(mail: Mail, options?: ReceiveOptions): Promise<Received>;
}

/**
 * The local Mailgun over HTTP.
 *
 * - `POST /sandbox/receive` receives a mail (requests.ts): 200 with the outcome of each post, 400, 413, 415,
 *   422
 * - `POST /sandbox/faults` (faults.ts): 204, 400, 415, 422
 * - `POST /sandbox/settings` (outbound/settings.ts): 204, 400, 415, 422
 * - `GET /sandbox/posts`, `…/event-posts`, `…/sends`: 200, each try of each post, and each call that sent
 * - `GET /v3/domains/{domain}/messages/{key}` and `…/attachments/{n}`, as Mailgun's storage: 200, 401, 404
 * - domains, DKIM keys, routes and webhooks: setup/
 * - `/sandbox/dns`, the records of the DNS server: dns/
 * - `/sandbox/forwards`, forwarding at other mail hosts: forwards/
 * - sending, its events, the suppression list, pages with the delivered mail: outbound/
 */
export function createApp(options: AppOptions): Koa {
  const router = new Router();
  const stored = async (key: string) => (await options.outbound.stored(key)) ?? options.folder.find(key);

  router.post('/sandbox/receive', async (ctx) => {
    const request = await readJson(ctx, ReceiveRequest);
    if (!request) return;
    try {
      const received = await options.receive(request.mail, request.options);
      ctx.body = presentReceived(received);
    } catch (error) {
      if (!(error instanceof NoRecipientError)) throw error;
      problem(ctx, 422, error.message, [{ field: 'recipients', message: error.message }]);
    }
  });

  router.post('/sandbox/faults', async (ctx) => {
    const faults = await readJson(ctx, Faults);
    if (!faults) return;
    options.faults.set(faults);
    ctx.status = 204;
  });

  router.post('/sandbox/settings', async (ctx) => {
    const settings = await readJson(ctx, Settings);
    if (!settings) return;
    options.outbound.set(settings);
    ctx.status = 204;
  });

  router.get('/sandbox/posts', (ctx) => {
    ctx.body = { data: options.posts.map(presentTry) };
  });
  router.get('/sandbox/event-posts', (ctx) => {
    ctx.body = {
      data: options.outbound.eventPosts.map(({ messageId, ...attempt }) => ({
        message_id: messageId,
        ...presentTry(attempt),
      })),
    };
  });
  router.get('/sandbox/sends', (ctx) => {
    ctx.body = {
      data: options.outbound.sends.map(({ messageId, ...call }) => ({ message_id: messageId, ...call })),
    };
  });

  router.get('/v3/domains/:domain/messages/:key', async (ctx) => {
    if (!authorized(ctx, options.apiKey)) return;
    const mail = await stored(ctx.params.key!);
    if (!mail || !isOf(mail, ctx.params.domain!)) return notFound(ctx);
    ctx.body = messageJson(mail, `${options.url()}${ctx.path}`);
  });

  router.get('/v3/domains/:domain/messages/:key/attachments/:n', async (ctx) => {
    if (!authorized(ctx, options.apiKey)) return;
    const mail = await stored(ctx.params.key!);
    const file = mail?.files[Number(ctx.params.n)];
    if (!mail || !file || !isOf(mail, ctx.params.domain!)) return notFound(ctx);
    sendFile(ctx, file, options.faults.attachments.next()?.answer);
  });

  addForwardRoutes(router, options.forwards);
  if (options.dns) addDnsRoutes(router, options.dns);
  // Before the routes of sending, which answer any other POST below /v3 as a wrong URL.
  options.setup.addRoutes(router);
  options.outbound.addRoutes(router, (mail) => options.receive(mail));

  const app = new Koa();
  // A client that disconnects during an answer is not an error of this server.
  app.on('error', (error: NodeJS.ErrnoException) => {
    if (!['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(error.code ?? ''))
      console.error('local Mailgun:', error);
  });
  app.use(router.routes());
  return app;
}

const presentReceived = (received: Received) => ({
  key: received.key,
  message_id: received.messageId,
  deliveries: received.deliveries.map(({ recipient, outcome, tries }) => ({
    recipient,
    outcome,
    tries: tries.map(presentTry),
  })),
});

const presentTry = <About>({ durationMs, ...attempt }: Try<About>) => ({
  ...attempt,
  duration_ms: durationMs,
});
