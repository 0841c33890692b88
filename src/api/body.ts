import { bodyParser } from '@koa/bodyparser';
import type { Context, Middleware } from 'koa';
import type { z } from 'zod';
import { Problem } from './problem.ts';
import { readFields } from './query.ts';
import { uncounted } from './unavailable.ts';

/** Text and HTML are up to 2 MB each, and escaping makes them longer. */
const MAX_JSON_BYTES = 6 * 1024 * 1024;

/** Of somebody who is not known yet: an address, a password, a link's token. */
const SMALL_JSON_BYTES = 16 * 1024;

/** Reads a JSON body. 400: it is none; 413: over 6 MB; 415: another content type. */
export const jsonBody = jsonUpTo(MAX_JSON_BYTES);
/** The same, where nobody is signed in yet: 413 over 16 KB. */
export const smallJsonBody = jsonUpTo(SMALL_JSON_BYTES);

function jsonUpTo(bytes: number): Middleware {
  const onError = (error: Error) => refuse(error, bytes);
  const parse = bodyParser({ enableTypes: ['json'], jsonLimit: String(bytes), onError });
  return async (ctx, next) => {
    if (ctx.is('json') === false) throw new Problem(415, 'The body is to be JSON, with that Content-Type.');
    if (ctx.is('json') === null) throw new Problem(400, 'This needs a body of JSON.');
    await uncounted(ctx, () => parse(ctx, () => Promise.resolve()));
    await next();
  };
}

/** The body as its schema says. @throws Problem 422 that names each field that is wrong or not known. */
export function readBody<Schema extends z.ZodType>(ctx: Context, schema: Schema): z.output<Schema> {
  return readFields(ctx.request.body, schema, 'is not a field of this');
}

function refuse(error: Error, bytes: number): never {
  const { status } = error as { status?: number };
  if (status === 413) throw new Problem(413, `The body is over ${bytes} bytes.`);
  if (status === 415) throw new Problem(415, 'The body is compressed in a way that is not known here.');
  throw new Problem(400, 'The body is not whole, or no JSON object.');
}
