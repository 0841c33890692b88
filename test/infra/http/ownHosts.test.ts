import http from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { ownHostsOnly } from '../../../src/infra/http/ownHosts.ts';

const statusFor = async (middleware: Koa.Middleware, host: string): Promise<number> => {
  const app = new Koa();
  app.use(middleware);
  app.use((ctx) => void (ctx.body = 'here'));
  const server = http.createServer(app.callback());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    return await new Promise<number>((resolve, reject) => {
      http
        .get({ port, host: '127.0.0.1', headers: { host } }, (answer) => {
          answer.resume();
          resolve(answer.statusCode!);
        })
        .on('error', reject);
    });
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

test.each(['127.0.0.1', '::1', 'localhost'])('on %s a server answers to its own names', async (address) => {
  const check = ownHostsOnly(address, 'https://desk.acme.test/path')!;
  for (const host of ['127.0.0.1:3000', 'localhost', 'LOCALHOST:80', '[::1]:3000', 'desk.acme.test'])
    expect([host, await statusFor(check, host)]).toEqual([host, 200]);
  for (const host of [
    'evil.test',
    'evil.test:3000',
    '127.0.0.1.evil.test',
    'localhost.evil.test',
    '10.0.0.1',
  ])
    expect([host, await statusFor(check, host)]).toEqual([host, 421]);
});

test('one that others reach answers to every name', () => {
  for (const address of [null, '0.0.0.0', '10.1.2.3', '::'])
    expect(ownHostsOnly(address, 'https://desk.acme.test')).toBe(null);
});
