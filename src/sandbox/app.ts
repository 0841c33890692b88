import Router from '@koa/router';
import Koa, { type Context } from 'koa';
import type { z } from 'zod';
import { Faults, type FaultSwitch } from './faults.ts';
import { authorized, isOf, messageJson, notFound, sendFile } from './messages.ts';
import type { PostTry } from './posts.ts';
import { NoRecipientError, type Received, type ReceiveOptions } from './receive.ts';
import type { Mail } from './mail.ts';
import { ReceiveRequest } from './requests.ts';
import type { MailFolder } from './stored.ts';

/** Largest JSON body in bytes: 25 MB of files in base64, and room. */
const MAX_JSON_BYTES = 60 * 1024 * 1024;

export interface AppOptions {
  apiKey: string;
  folder: MailFolder;
  faults: FaultSwitch;
  posts: readonly PostTry[];
  /** The sandbox's own base URL; known once it listens. */
  url(): string;
  receive(mail: Mail, options: ReceiveOptions): Promise<Received>;
}

/**
 * The local Mailgun over HTTP.
 *
 * - `POST /sandbox/receive` takes a mail (requests.ts): 200 with what became of each post, 400, 413, 415, 422
 * - `POST /sandbox/faults` (faults.ts): 204, 400, 415, 422
 * - `GET /sandbox/posts`: 200, every try of every post
 * - `GET /v3/domains/{domain}/messages/{key}` and `…/attachments/{n}`, as Mailgun's storage: 200, 401, 404
 */
export function createApp(options: AppOptions): Koa {
  const router = new Router();

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

  router.get('/sandbox/posts', (ctx) => {
    ctx.body = { data: options.posts.map(presentTry) };
  });

  router.get('/v3/domains/:domain/messages/:key', async (ctx) => {
    if (!authorized(ctx, options.apiKey)) return;
    const mail = await options.folder.find(ctx.params.key!);
    if (!mail || !isOf(mail, ctx.params.domain!)) return notFound(ctx);
    ctx.body = messageJson(mail, `${options.url()}${ctx.path}`);
  });

  router.get('/v3/domains/:domain/messages/:key/attachments/:n', async (ctx) => {
    if (!authorized(ctx, options.apiKey)) return;
    const mail = await options.folder.find(ctx.params.key!);
    const file = mail?.files[Number(ctx.params.n)];
    if (!mail || !file || !isOf(mail, ctx.params.domain!)) return notFound(ctx);
    sendFile(ctx, file, options.faults.attachments.take()?.answer);
  });

  const app = new Koa();
  // A client that goes away in the middle of an answer is no fault of ours.
  app.on('error', (error: NodeJS.ErrnoException) => {
    if (!['EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE'].includes(error.code ?? ''))
      console.error('local Mailgun:', error);
  });
  app.use(router.routes());
  return app;
}

/** The checked body, or null after answering what is wrong with it. */
async function readJson<T extends z.ZodType>(ctx: Context, schema: T): Promise<z.output<T> | null> {
  if (!ctx.is('json')) return problem(ctx, 415, 'the body must be application/json');
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of ctx.req as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_JSON_BYTES) return problem(ctx, 413, `the body is over ${MAX_JSON_BYTES} bytes`);
    chunks.push(chunk);
  }
  let json: unknown;
  try {
    json = JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    return problem(ctx, 400, 'the body is not JSON');
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map((issue) => ({
    field: issue.path.join('.') || (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : ''),
    message: issue.message,
  }));
  return problem(ctx, 422, 'the body is not right', errors);
}

function problem(ctx: Context, status: number, title: string, errors?: object[]): null {
  ctx.status = status;
  ctx.body = { type: 'about:blank', status, title, errors };
  ctx.type = 'application/problem+json';
  return null;
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

const presentTry = ({ durationMs, ...attempt }: PostTry) => ({ ...attempt, duration_ms: durationMs });
