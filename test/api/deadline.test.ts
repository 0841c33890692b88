import { setTimeout as sleep } from 'node:timers/promises';
import type { AddressInfo } from 'node:net';
import Koa, { type Middleware } from 'koa';
import mongoose, { type Connection } from 'mongoose';
import pino from 'pino';
import { problems } from '../../src/api/problem.ts';
import { available, uncounted } from '../../src/api/unavailable.ts';

const DEADLINE_MS = 600;

/** Status of what a handler answers. */
async function answerTo(handler: Middleware): Promise<number> {
  const app = new Koa();
  const connected = { readyState: mongoose.ConnectionStates.connected } as Connection;
  app.use(problems(pino({ level: 'silent' })));
  app.use(available(connected, DEADLINE_MS));
  app.use(handler);
  const server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return (await fetch(`http://127.0.0.1:${port}/`)).status;
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test('work that does not need MongoDB is not counted; afterwards MongoDB has the whole deadline', async () => {
  const status = await answerTo(async (ctx) => {
    await uncounted(ctx, () => sleep(DEADLINE_MS * 1.5));
    ctx.body = 'there';
  });
  expect(status).toBe(200);
});

test('the work after it is counted again', async () => {
  const status = await answerTo(async (ctx) => {
    await uncounted(ctx, () => sleep(1));
    await sleep(DEADLINE_MS * 5, undefined, { ref: false });
    ctx.body = 'there';
  });
  expect(status).toBe(503);
});
