import { STATUS_CODES, type IncomingMessage } from 'node:http';
import { finished } from 'node:stream';
import type { Context } from 'koa';

/** How long the rest of an unused body is read (ms). */
const DRAIN_MS = 2_000;

/** An answer other than 200: `application/problem+json` (RFC 9457). */
export function answer(ctx: Context, status: number, detail: string, more: { reason?: string } = {}): void {
  ctx.status = status;
  ctx.type = 'application/problem+json';
  ctx.body = JSON.stringify({ type: 'about:blank', title: STATUS_CODES[status], status, detail, ...more });
}

/** For a sender that stopped, or sends too much: its connection is of no more use. */
export function answerTryAgain(ctx: Context, detail: string): void {
  ctx.set({ 'Retry-After': '60', Connection: 'close' });
  answer(ctx, 503, detail);
}

export function answerWrongMethod(ctx: Context, detail: string): void {
  ctx.set('Allow', 'POST');
  answer(ctx, 405, detail);
}

/**
 * Reads the rest of the body, for a limited time: a sender that still writes when the connection closes sees
 * a broken pipe instead of the answer.
 */
export async function drain(req: IncomingMessage): Promise<void> {
  if (req.complete || req.destroyed) return;
  req.resume();
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, DRAIN_MS);
    finished(req, () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
