import { bodyParser } from '@koa/bodyparser';
import type { Context, Middleware } from 'koa';
import type { z } from 'zod';
import { Problem } from './problem.ts';
import { readFields } from './query.ts';
import { uncounted } from './unavailable.ts';

/** Text and HTML are up to 2 MB each, and escaping makes them longer. */
const MAX_JSON_BYTES = 6 * 1024 * 1024;

/** Bodies of routes that ask for no session have an address, a password, or the token of a link. */
const SMALL_JSON_BYTES = 16 * 1024;

/** No request needs ten. What hashes or checks a body calls itself for each level, and would overflow its stack. */
const MAX_DEPTH = 100;

/** Reads a JSON body. @throws Problem 400: not JSON, or nested too deep; 413: over 6 MB; 415: another content type */
export const jsonBody = readsJson(MAX_JSON_BYTES);
/** The same where the body may be missing. */
export const optionalJsonBody: Middleware = async (ctx, next) => {
  const isMissing = ctx.is('json') === null || ctx.get('Content-Length') === '0';
  await (isMissing ? next() : jsonBody(ctx, next));
};

/** Whether a request may leave the body out. */
export const isOptional = (schema: z.ZodType): boolean => schema.safeParse(undefined).success;

/** The same for routes of a person's account: 413 over 16 KB. */
export const smallJsonBody = readsJson(SMALL_JSON_BYTES);

function readsJson(maxBytes: number): Middleware {
  const onError = (error: Error) => refuse(error, maxBytes);
  const parse = bodyParser({ enableTypes: ['json'], jsonLimit: String(maxBytes), onError });
  return async (ctx, next) => {
    if (ctx.is('json') === false)
      throw new Problem(
        415,
        'The request body must be JSON, with the header `Content-Type: application/json`.',
      );
    if (ctx.is('json') === null)
      throw new Problem(400, 'The request body is missing. It must be a JSON object.');
    await uncounted(ctx, () => parse(ctx, () => Promise.resolve()));
    if (isDeeper(ctx.request.body, MAX_DEPTH))
      throw new Problem(400, `The request body is nested more than ${MAX_DEPTH} levels deep.`);
    await next();
  };
}

function isDeeper(body: unknown, most: number): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > most) return true;
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? (Object.values(value) as unknown[]) : [],
    );
  }
  return false;
}

/** The body as its schema reads it. @throws Problem 422 that names each field that is wrong or unknown */
export function readBody<Schema extends z.ZodType>(ctx: Context, schema: Schema): z.output<Schema> {
  return readFields(ctx.request.body, schema, 'is not a field of this request');
}

function refuse(error: Error, maxBytes: number): never {
  const { status } = error as { status?: number };
  if (status === 413) throw new Problem(413, `The request body is larger than ${maxBytes} bytes.`);
  if (status === 415)
    throw new Problem(
      415,
      'The request body has an unknown compression. Send it uncompressed, or with gzip.',
    );
  throw new Problem(400, 'The request body must be a complete JSON object.');
}
