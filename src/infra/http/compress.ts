import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Middleware } from 'koa';

/** Below this a packet has room for all of it. */
const MIN_BYTES = 1024;
const compress = promisify(gzip);

/** Compresses JSON over 1 KB: a page of a list is 26 KB, and 4 KB compressed. Streams pass as they are. */
export const compressJson: Middleware = async (ctx, next) => {
  await next();
  if (ctx.body === null || ctx.body === undefined || !/[/+]json\b/.test(ctx.type)) return;
  if (Buffer.isBuffer(ctx.body) || isStream(ctx.body) || ctx.res.hasHeader('Content-Encoding')) return;
  ctx.vary('Accept-Encoding');
  if (ctx.method === 'HEAD' || !ctx.acceptsEncodings('gzip')) return;
  const { type, status } = ctx;
  const text = typeof ctx.body === 'string' ? ctx.body : JSON.stringify(ctx.body);
  if (Buffer.byteLength(text) <= MIN_BYTES) return;
  ctx.body = await compress(text);
  Object.assign(ctx, { type, status });
  ctx.set('Content-Encoding', 'gzip');
};

const isStream = (body: unknown): boolean => typeof (body as { pipe?: unknown }).pipe === 'function';
