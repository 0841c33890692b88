import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { brotliCompressSync, brotliDecompressSync, gunzipSync } from 'node:zlib';
import Koa from 'koa';
import { compressJson } from '../../../src/infra/http/compress.ts';
import { createPage } from '../../../src/infra/http/page.ts';

const SCRIPT = 'console.log("the page")'.repeat(100);
const INDEX = `<meta name="base-path" content="/" /><script src="./assets/a-1.js" nonce="__NONCE__"></script>`;
const long = { text: 'ä'.repeat(2_000) };
let folder: string;
let server: http.Server;
let port: number;

beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'postroom-page-'));
  await mkdir(path.join(folder, 'assets'));
  await writeFile(path.join(folder, 'index.html'), INDEX);
  await writeFile(path.join(folder, 'theme.js'), 'theme');
  await writeFile(path.join(folder, 'assets/a-1.js'), SCRIPT);
  await writeFile(path.join(folder, 'assets/a-1.js.br'), brotliCompressSync(SCRIPT));
  const app = new Koa();
  app.use(compressJson);
  app.use(createPage({ folder, publicUrl: 'https://mail.acme.test/post' })!);
  app.use((ctx) => {
    if (ctx.path === '/api/short') ctx.body = { text: 'short' };
    if (ctx.path === '/api/long') ctx.body = long;
  });
  server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => server.close());

/** Unlike `fetch`, decodes nothing. */
const get = (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  new Promise<{ status: number; headers: http.IncomingHttpHeaders; body: Buffer }>((resolve, reject) => {
    const request = http.request({ port, path, method, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('end', () =>
        resolve({ status: answer.statusCode!, headers: answer.headers, body: Buffer.concat(chunks) }),
      );
    });
    request.on('error', reject).end();
  });
const HTML = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

test('every URL that a browser opens is the page, with a nonce of its own each time and paths of PUBLIC_URL', async () => {
  const [one, other] = await Promise.all([get('/', HTML), get('/w/acme/inbox/ticket/1?q=x', HTML)]);
  expect([one.status, one.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(one.headers['cache-control']).toBe('no-cache');
  const page = one.body.toString();
  const [, nonce = ''] = /nonce="([^"]+)"/.exec(page) ?? [];
  expect(page).toBe(
    `<meta name="base-path" content="/post/" /><script src="/post/assets/a-1.js" nonce="${nonce}"></script>`,
  );
  const policy = one.headers['content-security-policy'];
  expect(policy).toContain(`default-src 'none'; script-src 'self'; style-src 'self' 'nonce-${nonce}';`);
  expect(policy).not.toContain('unsafe');
  expect(other.body.toString()).not.toContain(nonce);
  expect(one.headers['referrer-policy']).toBe('no-referrer');
});

test('paths of the API, of files and of webhooks are no page; neither is what a program asks for, or a POST', async () => {
  for (const where of ['/api/v1/nothing', '/files/x', '/webhooks/mailgun/inbound', '/health/nothing'])
    expect([where, (await get(where, HTML)).status]).toEqual([where, 404]);
  expect((await get('/w/acme/inbox', { accept: 'application/json' })).status).toBe(404);
  expect((await get('/sign-in', HTML, 'POST')).status).toBe(404);
});

test('files are sent as the build compressed them, and are kept for ever when their name has a hash', async () => {
  const br = await get('/assets/a-1.js', { 'accept-encoding': 'gzip, br' });
  expect([br.headers['content-encoding'], br.headers['cache-control'], br.headers.vary]).toEqual([
    'br',
    'public, max-age=31536000, immutable',
    'Accept-Encoding',
  ]);
  expect(brotliDecompressSync(br.body).toString()).toBe(SCRIPT);
  const plain = await get('/assets/a-1.js');
  expect([plain.headers['content-encoding'], plain.body.toString()]).toEqual([undefined, SCRIPT]);
  expect((await get('/theme.js')).headers['cache-control']).toBe('public, max-age=86400');
  const head = await get('/assets/a-1.js', {}, 'HEAD');
  expect([head.status, head.headers['content-length'], head.body.length]).toEqual([
    200,
    String(SCRIPT.length),
    0,
  ]);
});

test('a file of an older build is 404, never the page; nothing outside the folder can be asked for', async () => {
  for (const where of [
    '/assets/a-0.js',
    '/assets/../index.html',
    '/assets/%2e%2e/page.test.ts',
    '/assets/a-1.js.br',
  ])
    expect([where, (await get(where, HTML)).status]).toEqual([where, 404]);
});

test('a folder without a page gives none', () => {
  expect(createPage({ folder: path.join(folder, 'assets'), publicUrl: 'http://127.0.0.1:1' })).toBeNull();
});

test('JSON over 1 KB is compressed for those who accept it', async () => {
  const gzip = await get('/api/long', { 'accept-encoding': 'gzip' });
  expect([gzip.headers['content-encoding'], gzip.headers['content-type']]).toEqual([
    'gzip',
    'application/json; charset=utf-8',
  ]);
  expect(JSON.parse(gunzipSync(gzip.body).toString())).toEqual(long);
  expect((await get('/api/long')).headers['content-encoding']).toBeUndefined();
  expect(
    (await get('/api/short', { 'accept-encoding': 'gzip' })).headers['content-encoding'],
  ).toBeUndefined();
});
