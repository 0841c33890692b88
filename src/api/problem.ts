import { STATUS_CODES } from 'node:http';
import type { Context, Middleware } from 'koa';
import type { Logger } from 'pino';
import { Unfit } from '../core/replies/draft.ts';
import { errorCode, stackOf } from '../lib/faultOf.ts';
import { newId } from '../lib/ids.ts';
import { isUnavailable, UNAVAILABLE } from './unavailable.ts';

export interface FieldFault {
  field: string;
  message: string;
}

/**
 * A refusal or failure, answered as `application/problem+json` (RFC 9457). `detail` is a sentence for a
 * person.
 */
export class Problem extends Error {
  readonly status: number;
  readonly detail: string;
  readonly headers: Record<string, string>;
  readonly errors: FieldFault[] | undefined;
  readonly members: Record<string, unknown>;
  /** @param more.members fields that only this problem has (RFC 9457, 3.2) */
  constructor(
    status: number,
    detail: string,
    more: { headers?: Record<string, string>; errors?: FieldFault[]; members?: Record<string, unknown> } = {},
  ) {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.headers = more.headers ?? {};
    this.errors = more.errors;
    this.members = more.members ?? {};
  }
}

/**
 * The one answer for what is unknown, of another workspace, or hidden from the user, which must look
 * the same.
 */
export const notFound = (): Problem => new Problem(404, 'There is nothing here that you can see.');

/** A body of 6 MB may have a million wrong fields; a client needs only the first of them. */
const MAX_FAULTS = 50;

/** 422: each field that is wrong, and why. */
export function wrongFields(all: FieldFault[]): Problem {
  const errors = all.slice(0, MAX_FAULTS);
  const sentences = errors.map(({ field, message }) => `${field || 'The body'} ${message}`);
  return new Problem(422, sentences.join('; '), { errors });
}

/** Turns every error, and every answer of the router that has no body, into a problem. */
export function problems(log: Logger): Middleware {
  return async (ctx, next) => {
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.set('Cache-Control', 'private, no-store');
    let problem: Problem;
    try {
      await next();
      if (ctx.status < 400 || ctx.body) return;
      problem =
        ctx.status === 404 ? notFound() : new Problem(ctx.status, 'This path does not support this method.');
    } catch (error) {
      problem = asProblem(ctx, error, log);
    }
    ctx.status = problem.status;
    ctx.set(problem.headers);
    ctx.set('Content-Type', 'application/problem+json');
    ctx.body = JSON.stringify(problemBody(problem));
  };
}

/** RFC 9457, 3. */
export const problemBody = ({ status, detail, errors, members }: Problem) => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? '',
  status,
  detail,
  errors,
  ...members,
});

function asProblem(ctx: Context, error: unknown, log: Logger): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Unfit) return wrongFields([{ field: error.field, message: error.message }]);
  if (isUnavailable(error)) {
    log.warn({ error: errorCode(error) }, 'a service that the API needs is unavailable');
    return new Problem(
      503,
      'A service that this needs is unavailable at the moment; try again.',
      UNAVAILABLE,
    );
  }
  // Of the request where it has one (infra/telemetry/requests.ts), so that it leads to all lines of that
  // request.
  const id = ctx.response.get('X-Request-Id') || newId();
  log.error({ id, error: errorCode(error), at: stackOf(error) }, 'the API failed');
  return new Problem(500, `Something went wrong on our side. It has been logged as ${id}; try again.`);
}
