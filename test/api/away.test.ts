import net from 'node:net';
import mongoose from 'mongoose';
import { createModels, type Models } from '../../src/infra/models/index.ts';
import { freshDatabaseUri, freshModels } from '../support/mongodb.ts';
import { lastingPort } from '../support/ports.ts';
import { createWorld, type World } from './world.ts';

/** A TCP proxy in front of MongoDB that can be cut, or stop sending. */
async function proxyTo(uri: string) {
  const target = new URL(uri);
  const { hostname, port: realPort } = target;
  const sockets = new Set<net.Socket>();
  const state = { silent: false };
  const server = net.createServer((client) => {
    const upstream = net.connect(Number(realPort), hostname);
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => {}).on('close', () => to.destroy());
      from.on('data', (data) => state.silent || to.write(data));
    }
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const port = await lastingPort();
  await listen(port);
  target.host = `127.0.0.1:${port}`;
  const cut = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { uri: target.toString(), state, cut, mend: () => listen(port) };
}

/** Connects as the web process does: in the background, with a short time-out. */
const connect = (uri: string, options: mongoose.ConnectOptions = {}): Models =>
  createModels(
    mongoose
      .createConnection(uri, {
        directConnection: true,
        serverSelectionTimeoutMS: 1000,
        heartbeatFrequencyMS: 500,
        ...options,
      })
      .on('error', () => {}),
  );

async function until(world: World, status: number): Promise<Response> {
  for (;;) {
    const answer = await world.get('/tickets', world.tokens.max);
    if (answer.status === status) return answer;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test('while MongoDB is unavailable the API answers 503 with Retry-After, and it recovers with MongoDB', async () => {
  const proxy = await proxyTo(freshDatabaseUri());
  const models = connect(proxy.uri);
  await models.connection.asPromise();
  await using world = await createWorld({ models });
  expect((await world.get('/tickets', world.tokens.max)).status).toBe(200);

  await proxy.cut();
  const away = await world.get('/tickets', world.tokens.max);
  expect([away.status, away.headers.get('retry-after')]).toEqual([503, '5']);
  expect(away.headers.get('content-type')).toBe('application/problem+json');
  await until(world, 503);
  expect((await world.get('/tickets', world.tokens.max)).status).toBe(503);
  expect((await fetch(`${world.url}/files/x`)).status).toBe(503);

  await proxy.mend();
  await until(world, 200);
  await proxy.cut();
});

test('a MongoDB that accepts connections and sends nothing does not hang a request', async () => {
  const proxy = await proxyTo(freshDatabaseUri());
  const models = connect(proxy.uri, { heartbeatFrequencyMS: 60_000 });
  await models.connection.asPromise();
  await using world = await createWorld({ models });
  await until(world, 200);
  proxy.state.silent = true;
  // Without a deadline this would never end.
  expect((await world.get('/tickets', world.tokens.max)).status).toBe(503);
  await proxy.cut();
});

test('a process that never reached MongoDB answers 503', async () => {
  const seeded = await freshModels();
  const { connection } = connect('mongodb://127.0.0.1:9/x');
  await using world = await createWorld({ models: { ...seeded, connection } });
  expect((await world.get('/tickets', world.tokens.max)).status).toBe(503);
  await seeded.connection.close();
});
