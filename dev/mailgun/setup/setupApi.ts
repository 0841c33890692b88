import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type Router from '@koa/router';
import type { Context } from 'koa';
import { hasKey } from '../messages.ts';
import { give, json, page, type HttpAnswer } from '../outbound/answers.ts';
import { NoForm, readSendForm, SendForm, TooLarge } from '../outbound/sendForm.ts';
import { isDone, type NotDone, type SetupFault, type SetupFaults } from './setupFaults.ts';

/** A call with the right key. */
export interface Call {
  /** Parameters of the path. */
  params: Record<string, string>;
  query: URLSearchParams;
  /** Empty when the call has no body. */
  form: SendForm;
}

/** An answer in JSON; 200 by default. */
export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body: object;
}

/** A refused call: answered with `{"message": …}`. */
export class SetupRefusal extends Error {
  readonly status: number;
  readonly more: { headers?: Record<string, string>; body?: object };

  constructor(status: number, message: string, more: SetupRefusal['more'] = {}) {
    super(message);
    this.status = status;
    this.more = more;
  }
}

/**
 * What Mailgun's calls have in common: the key, two kinds of forms, errors as JSON; and the faults in force.
 */
export class SetupApi {
  readonly #router: Router;
  readonly #options: { apiKey: string; faults: SetupFaults; dataDir: string };

  constructor(router: Router, options: { apiKey: string; faults: SetupFaults; dataDir: string }) {
    this.#router = router;
    this.#options = options;
  }

  on(
    method: 'get' | 'post' | 'put' | 'delete',
    route: string,
    answer: (call: Call) => Reply | Promise<Reply>,
  ): void {
    this.#router[method](route, async (ctx) => {
      if (!hasKey(ctx, this.#options.apiKey)) return give(ctx, json(401, 'Invalid private key'));
      const fault = this.#options.faults.next(ctx.method, ctx.path);
      if (fault && !isDone(fault.answer)) return finish(ctx, refuse(fault.answer, fault));
      const reply = await this.#reply(ctx, answer);
      if (fault?.answer === 'accept_then_500') return give(ctx, problemAnswer(500, fault));
      if (fault) return finish(ctx, fault.answer === 'accept_then_drop' ? 'drop' : 'hang');
      ctx.status = reply.status ?? 200;
      ctx.set(reply.headers ?? {});
      ctx.body = reply.body;
    });
  }

  async #reply(ctx: Context, answer: (call: Call) => Reply | Promise<Reply>): Promise<Reply> {
    try {
      const form = await readForm(
        ctx,
        path.join(this.#options.dataDir, `form-${randomBytes(8).toString('hex')}`),
      );
      const { params } = ctx as unknown as { params: Record<string, string> };
      return await answer({ params, query: new URLSearchParams(ctx.querystring), form });
    } catch (error) {
      if (!(error instanceof SetupRefusal)) throw error;
      const { headers = {}, body = {} } = error.more;
      return { status: error.status, headers, body: { message: error.message, ...body } };
    }
  }
}

/** mailgun.js sends a content type even without a body. */
async function readForm(ctx: Context, at: string): Promise<SendForm> {
  const hasBody = Number(ctx.get('content-length')) > 0 || ctx.get('transfer-encoding') !== '';
  if (!hasBody) return new SendForm();
  try {
    const form = await readSendForm(ctx.req, at);
    await form.removeFiles();
    return form;
  } catch (error) {
    if (error instanceof NoForm) throw new SetupRefusal(400, 'the body is not a form');
    if (error instanceof TooLarge) throw new SetupRefusal(413, 'the body is too large');
    throw error;
  }
}

const TEXTS: Record<400 | 401 | 403 | 404 | 429 | 500, string> = {
  400: 'Bad request',
  401: 'Invalid private key',
  403: 'Forbidden',
  404: 'Domain not found',
  429: 'Too many requests, try again later',
  500: 'Internal Server Error',
};
const problemAnswer = (status: keyof typeof TEXTS, fault: SetupFault) =>
  json(status, fault.message ?? TEXTS[status]);

function refuse(answer: NotDone, fault: SetupFault): HttpAnswer | 'drop' | 'hang' {
  switch (answer) {
    case 'drop':
    case 'hang':
      return answer;
    case 'html':
      return page(200, 'Welcome');
    case 'empty':
      return { status: 200, type: 'application/json', text: '' };
    case 502:
      return page(502, '502 Bad Gateway');
    case 503:
      return page(503, '503 Service Temporarily Unavailable');
    case 504:
      return page(504, '504 Gateway Time-out');
    case 400:
    case 401:
    case 403:
    case 404:
    case 429:
    case 500:
      return problemAnswer(answer, fault);
  }
}

function finish(ctx: Context, ending: HttpAnswer | 'drop' | 'hang'): void {
  if (typeof ending !== 'string') return give(ctx, ending);
  ctx.respond = false;
  if (ending === 'drop') ctx.req.socket.resetAndDestroy();
}
