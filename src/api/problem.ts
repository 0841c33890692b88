import { STATUS_CODES } from 'node:http';
import type { Middleware } from 'koa';
import type { Logger } from 'pino';
import { Unfit } from '../core/replies/draft.ts';
import { isUnavailable, UNAVAILABLE } from './unavailable.ts';

export interface FieldFault {
  field: string;
  message: string;
}

/** An answer that is not the one hoped for, as `application/problem+json` (RFC 9457). `detail` is a sentence for a person. */
export class Problem extends Error {
  readonly status: number;
  readonly detail: string;
  readonly headers: Record<string, string>;
  readonly errors: FieldFault[] | undefined;
  readonly members: Record<string, string>;
  /** @param more.members of this problem alone (RFC 9457, 3.2) */
  constructor(
    status: number,
    detail: string,
    more: { headers?: Record<string, string>; errors?: FieldFault[]; members?: Record<string, string> } = {},
  ) {
    super(detail);
    this.status = status;
    this.detail = detail;
    this.headers = more.headers ?? {};
    this.errors = more.errors;
    this.members = more.members ?? {};
  }
}

/** Unknown, foreign and not to be seen are one answer, so that none of them can be told from the others. */
export const notFound = (): Problem => new Problem(404, 'There is nothing here that you can see.');

/** A body of 6 MB may have a million faults; nobody mends more at once. */
const MAX_FAULTS = 50;

/** 422: each field that is wrong, and why. */
export function wrongFields(all: FieldFault[]): Problem {
  const errors = all.slice(0, MAX_FAULTS);
  const said = errors.map(({ field, message }) => `${field || 'The body'} ${message}`);
  return new Problem(422, said.join('; '), { errors });
}

/** Turns everything thrown below it, and every answer of the router that has no body, into a problem. */
export function problems(log: Logger): Middleware {
  return async (ctx, next) => {
    ctx.set('X-Content-Type-Options', 'nosniff');
    ctx.set('Cache-Control', 'private, no-store');
    let problem: Problem;
    try {
      await next();
      if (ctx.status < 400 || ctx.body) return;
      problem = ctx.status === 404 ? notFound() : new Problem(ctx.status, 'This method is not known here.');
    } catch (error) {
      problem = asProblem(error, log);
    }
    const { status, detail, headers, errors, members } = problem;
    ctx.status = status;
    ctx.set(headers);
    ctx.set('Content-Type', 'application/problem+json');
    const about = { type: 'about:blank', title: STATUS_CODES[status], status, detail, errors };
    ctx.body = JSON.stringify({ ...about, ...members });
  };
}

function asProblem(error: unknown, log: Logger): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof Unfit) return wrongFields([{ field: error.field, message: error.message }]);
  const thrown = error instanceof Error ? error : new Error('something that is no error was thrown');
  // Neither message nor values: they may hold addresses.
  const at = (thrown.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  if (isUnavailable(error)) {
    log.warn({ error: thrown.name }, 'a part that the API needs is away');
    return new Problem(503, 'A part that is needed for this is away just now; try again.', UNAVAILABLE);
  }
  log.error({ error: thrown.name, at: at.slice(0, 6) }, 'the API failed');
  return new Problem(500, 'This is a fault of ours; it has been noted.');
}
