import Router from '@koa/router';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Koa from 'koa';
import { addDnsRoutes, startDns, type DemoDns } from '../../dns/index.ts';

let dns: DemoDns;
let server: Server;
let url: string;
beforeEach(async () => {
  dns = await startDns({ port: 0 });
  const router = new Router();
  addDnsRoutes(router, dns);
  server = new Koa().use(router.routes()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/sandbox/dns`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await dns.close();
});

const send = (method: string, body: unknown, to = '') =>
  fetch(url + to, {
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  });
const list = async (): Promise<unknown> => (await fetch(url)).json();

const SPF = { name: 'acme.test', type: 'TXT', value: 'v=spf1 include:mailgun.org ~all' };
const MX = { name: 'acme.test', type: 'MX', value: 'mxa.mailgun.org', priority: 10 };

test('the records of one name and type in a request replace the earlier ones', async () => {
  const other = { ...SPF, name: 'ACME.test.', value: 'google-site-verification=x' };
  const answer = await send('PUT', { records: [SPF, MX, other] });
  expect(answer.status).toBe(200);
  const both = [SPF, { ...other, name: 'acme.test' }, MX];
  expect(await answer.json()).toEqual(both);
  expect(await list()).toEqual(both);
  await send('PUT', SPF);
  expect(await list()).toEqual([MX, SPF]);
  await send('PUT', [{ ...MX, value: 'mx.test', priority: undefined }]);
  expect(await list()).toEqual([SPF, { ...MX, value: 'mx.test', priority: 10 }]);
});

test('a domain as the API answers it', async () => {
  const more = { purpose: 'spf', state: 'missing', found: [], priority: null };
  const domain = { id: 'd', name: 'acme.test', state: 'pending', records: [{ ...SPF, ...more }] };
  expect((await send('PUT', domain)).status).toBe(200);
  expect(await list()).toEqual([SPF]);
});

test('removes one record, one name, or all; by body or query', async () => {
  const fill = () => send('PUT', [SPF, MX, { ...SPF, name: 'b.test' }]);
  await fill();
  expect((await fetch(`${url}?name=acme.test&type=TXT`, { method: 'DELETE' })).status).toBe(204);
  expect(await list()).toEqual([MX, { ...SPF, name: 'b.test' }]);
  await send('DELETE', { name: 'Acme.test' });
  expect(await list()).toEqual([{ ...SPF, name: 'b.test' }]);
  await fill();
  await fetch(url, { method: 'DELETE' });
  expect(await list()).toEqual([]);
});

test('a request with a misspelt field removes nothing, and the answer says what is wrong', async () => {
  await send('PUT', SPF);
  expect((await send('DELETE', { nmae: 'acme.test' })).status).toBe(422);
  expect((await send('DELETE', { type: 'TXT' })).status).toBe(422);
  expect((await fetch(`${url}?nmae=acme.test`, { method: 'DELETE' })).status).toBe(422);
  expect((await fetch(url, { method: 'DELETE', body: 'name=acme.test' })).status).toBe(415);
  expect(await list()).toEqual([SPF]);
});

test.each([
  [{ ...SPF, type: 'SRV' }, 'records.0.type'],
  [{ ...SPF, name: 'two words' }, 'records.0.name'],
  [{ ...SPF, name: 'ünï.test' }, 'records.0.name'],
  [{ ...SPF, value: '' }, 'records.0.value'],
  [[SPF, { ...MX, value: '10 mx.test' }], 'records.1.value'],
  [{ ...MX, priority: -1 }, 'records.0.priority'],
  [{ records: [] }, 'records'],
  [null, ''],
])('not right: %j', async (body, field) => {
  const answer = await send('PUT', body);
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({ errors: [{ field, message: expect.any(String) }] });
  expect(await list()).toEqual([]);
});

test('faults are set and removed', async () => {
  expect((await send('PUT', { name: 'acme.test', fault: 'SERVFAIL' }, '/faults')).status).toBe(204);
  expect((await send('PUT', { name: '*', fault: 'timeout' }, '/faults')).status).toBe(204);
  expect([...dns.faults]).toEqual([
    ['acme.test', 'SERVFAIL'],
    ['*', 'timeout'],
  ]);
  await send('PUT', { name: '*', fault: null }, '/faults');
  expect([...dns.faults.keys()]).toEqual(['acme.test']);
  expect((await send('PUT', { name: 'acme.test', fault: 'NXDOMAIN' }, '/faults')).status).toBe(422);
});

test('a page for a browser, without scripts', async () => {
  await send('PUT', { ...SPF, value: '<script>alert(1)</script>' });
  dns.fail('*', 'REFUSED');
  const page = await fetch(url, { headers: { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' } });
  expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  const text = await page.text();
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(text).not.toContain('<script');
  expect(text).toContain('Every name: REFUSED');
  expect((await fetch(url)).headers.get('content-type')).toMatch(/^application\/json/);
});
