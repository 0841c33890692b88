import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Config } from '../../../src/infra/config.ts';
import { createMailgunOutbound } from '../../../src/infra/providers/mailgun/outbound.ts';
import type { OutgoingMail, SendResult } from '../../../src/infra/providers/outbound.ts';
import { json, plain, readForm, startFakeApi, type FakeApi } from './mailgunOutboundServer.ts';

const folder = await mkdtemp(path.join(tmpdir(), 'postroom-send-'));
const mime = randomBytes(200_000);
const mail: OutgoingMail = {
  id: 'm-1',
  attempt: 3,
  messageId: '<m-1@acme.test>',
  from: 'support@acme.test',
  recipients: ['ann@client.test', 'o’neil+x@client.test', 'bob@client.test'],
  mimeFile: path.join(folder, 'mail.eml'),
  size: mime.length,
};
const KEY = 'key-of-the-tests';
let api: FakeApi;
beforeAll(() => writeFile(mail.mimeFile, mime));
beforeEach(async () => void (api = await startFakeApi()));
afterEach(() => api.close());
afterAll(() => rm(folder, { recursive: true, force: true }));

const never = new AbortController().signal;
function send(
  change: Partial<Config['mailgun']> = {},
  signal = never,
  change2: Partial<OutgoingMail> = {},
): Promise<SendResult> {
  const config = {
    apiKey: KEY,
    signingKey: '',
    url: api.url,
    signatureHours: 12,
    timeoutMs: 60_000,
    ...change,
  };
  return createMailgunOutbound(config).send({ ...mail, ...change2 }, signal);
}
const QUEUED = json(200, { id: mail.messageId, message: 'Queued. Thank you.' });

test('the whole mail is posted for all recipients, with our ids', async () => {
  api.answer = QUEUED;
  expect(await send()).toEqual({ result: 'accepted' });
  const [asked] = api.asked;
  expect(api.asked).toHaveLength(1);
  expect(asked).toMatchObject({ method: 'POST', url: '/v3/acme.test/messages.mime' });
  expect(asked!.headers.authorization).toBe(`Basic ${Buffer.from(`api:${KEY}`).toString('base64')}`);
  expect(asked!.headers['content-length']).toBe(String(asked!.body.length));
  const form = await readForm(asked!);
  expect(form.slice(0, -1)).toEqual([
    ['to', 'ann@client.test'],
    ['to', 'o’neil+x@client.test'],
    ['to', 'bob@client.test'],
    ['o:tracking', 'no'],
    ['o:tag', 'postroom'],
    ['v:postroom-message', 'm-1'],
    ['v:postroom-attempt', '3'],
  ]);
  const [name, bytes] = form.at(-1)!;
  expect([name, mime.equals(bytes as Buffer)]).toEqual(['message', true]);
});

test('a base URL with a path of its own', async () => {
  api.answer = QUEUED;
  expect(await send({ url: `${api.url}/gateway/mail` })).toEqual({ result: 'accepted' });
  expect(api.asked[0]!.url).toBe('/gateway/mail/v3/acme.test/messages.mime');
});

test('no connection is reused: a closed one would leave it unclear whether the mail was sent', async () => {
  api.answer = QUEUED;
  await send();
  await send();
  expect(api.asked.map((asked) => asked.headers.connection)).toEqual(['close', 'close']);
});

describe('what an answer comes to', () => {
  const SANDBOX =
    'Domain acme.test is not allowed to send: Sandbox subdomains are for test purposes only. Please add your own domain.';
  const limit = (wait: string) =>
    `Domain acme.test is not allowed to send: request limit exceeded, try again after ${wait}`;
  test.each<[string, FakeApi['answer'], Partial<SendResult>, RegExp?]>([
    // About this mail: for good.
    [
      '400 with a reason',
      json(400, { message: 'Too many recipients, max is 1000' }),
      { result: 'refused', code: 'Http400' },
      /Mailgun refused the mail: Too many recipients, max is 1000$/,
    ],
    [
      '400 without a reason phrase',
      json(400, { message: 'to parameter is missing' }, ' '),
      { result: 'refused', code: 'Http400' },
      /to parameter is missing/,
    ],
    ['400 of the other form', json(400, { Reason: 'no such thing' }), { result: 'refused' }, /no such thing/],
    [
      '413',
      json(413, { message: 'request size exceeds 52.4MiB limit' }),
      { result: 'refused', code: 'Http413' },
      /52\.4MiB/,
    ],
    // About the account, the key, the domain: an operator mends it, and it is tried again until then.
    [
      '401',
      plain(401, 'Forbidden', { 'WWW-Authenticate': 'Basic realm="MG API"' }),
      { result: 'not sent', code: 'Http401', retryAfterMs: null },
      /API key/,
    ],
    ['402', json(402, { message: 'Payment due' }), { result: 'not sent', code: 'Http402' }, /Payment due/],
    ['403', json(403, { message: SANDBOX }), { result: 'not sent', code: 'Http403' }, /test purposes only/],
    [
      'the same as 400',
      json(400, { message: SANDBOX }),
      { result: 'not sent', code: 'Http400' },
      /purposes only/,
    ],
    [
      '404',
      json(404, { message: 'Domain not found: acme.test' }),
      { result: 'not sent', code: 'Http404' },
      /domain/,
    ],
    [
      '400 of a proxy',
      plain(400, '<html><body>Bad Request nginx</body></html>'),
      { result: 'not sent', code: 'Http400' },
    ],
    ['407', plain(407, ''), { result: 'not sent', code: 'Http407', retryAfterMs: null }],
    // Not now.
    [
      '429 with seconds',
      json(429, { message: 'account-requests-per-sec limit exceeded, try again after 120 seconds' }),
      { result: 'not sent', code: 'Http429', retryAfterMs: 120_000 },
    ],
    [
      '429 with a date that is over',
      json(429, { message: limit('Mon, 23 Nov 2015 10:00:00 GMT') }),
      { result: 'not sent', retryAfterMs: null },
      /more was sent than Mailgun allows/,
    ],
    ['429 with nothing', json(429, {}), { result: 'not sent', code: 'Http429', retryAfterMs: null }],
    [
      '429 in an older form',
      json(429, { 'retry-seconds': 60 }),
      { result: 'not sent', retryAfterMs: 60_000 },
    ],
    ['429 of a proxy', plain(429, '<html>slow down</html>'), { result: 'not sent', retryAfterMs: null }],
    // It may have gone out.
    ['500', json(500, { message: 'Internal Server Error' }), { result: 'unclear', code: 'Http500' }],
    ['502 of a proxy', plain(502, '<html>Bad Gateway</html>'), { result: 'unclear', code: 'Http502' }],
    ['503', plain(503, ''), { result: 'unclear', code: 'Http503' }],
    [
      'a body with a status of its own',
      json(502, { status: 400, message: 'Bad Gateway' }),
      { result: 'unclear' },
    ],
    ['200 without an id', json(200, { message: 'Queued. Thank you.' }), { result: 'unclear', code: 'NoId' }],
    ['200 with nothing', plain(200, ''), { result: 'unclear', code: 'NoId' }],
    ['200 with a page of a proxy', plain(200, '<html>log in</html>'), { result: 'unclear', code: 'NoId' }],
    ['200 with an id that is none', json(200, { id: 7 }), { result: 'unclear', code: 'NoId' }],
    ['200 with a list', json(200, ['<x@y>']), { result: 'unclear', code: 'NoId' }],
    [
      'an address where no API is',
      plain(200, 'Mailgun Magnificent API'),
      { result: 'not sent', code: 'WrongUrl' },
    ],
  ])('%s', async (_, answer, result, reason = /^[^<>\n]+$/) => {
    api.answer = answer;
    const sent = await send();
    expect(sent).toMatchObject(result);
    expect('reason' in sent && sent.reason).toMatch(reason);
    expect(api.asked).toHaveLength(1);
  });

  test('429 with a date', async () => {
    const until = new Date(Date.now() + 30 * 60_000).toUTCString();
    api.answer = json(429, { message: limit(until) });
    const sent = await send();
    // Seconds are cut off, and the call takes its time.
    expect(sent).toMatchObject({ result: 'not sent', retryAfterMs: expect.any(Number) });
    const { retryAfterMs } = sent as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(20 * 60_000);
    expect(retryAfterMs).toBeLessThanOrEqual(30 * 60_000);
  });

  test('a long text of many lines is cut, and one line', async () => {
    api.answer = json(400, { message: `first\r\nsecond\0${'😀'.repeat(5_000)}` });
    const { reason } = (await send()) as { reason: string };
    expect(reason).toMatch(/^Mailgun refused the mail: first second😀+…$/u);
    expect(reason.length).toBeLessThan(700);
  });

  test.each([301, 302, 307, 308])(
    '%d is not followed: the mail is sent to no other server',
    async (status) => {
      const other = await startFakeApi();
      try {
        other.answer = QUEUED;
        api.answer = plain(status, '', { location: `${other.url}/v3/acme.test/messages.mime` });
        expect(await send()).toMatchObject({ result: 'not sent', code: `Http${status}` });
        expect(other.asked).toEqual([]);
        expect(api.asked).toHaveLength(1);
      } finally {
        await other.close();
      }
    },
  );
});

describe('no answer', () => {
  test('broken off once the mail is there: unclear', async () => {
    api.answer = (response) => void response.socket!.resetAndDestroy();
    expect(await send()).toMatchObject({ result: 'unclear', code: 'ECONNRESET' });
  });

  test('broken off in the midst of the answer: unclear', async () => {
    api.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 100 });
      response.write('{"id":"<m-1@acme.test>"', () => response.socket!.destroy());
    };
    expect(await send()).toMatchObject({ result: 'unclear' });
  });

  test('broken off before the mail is read whole: unclear', async () => {
    const server = createServer((request) => request.once('data', () => request.socket.resetAndDestroy()));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      expect(await send({ url })).toMatchObject({ result: 'unclear' });
    } finally {
      server.close();
    }
  });

  test('a missing answer ends with the timeout: unclear', async () => {
    api.answer = () => {};
    expect(await send({ signatureHours: 12, timeoutMs: 300 })).toMatchObject({
      result: 'unclear',
      code: 'Timeout',
    });
  });

  test('an endless answer ends with the timeout: unclear', async () => {
    api.answer = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    };
    expect(await send({ signatureHours: 12, timeoutMs: 1_000 })).toMatchObject({
      result: 'unclear',
      code: 'Timeout',
    });
  });

  test('no connection: certainly not sent', async () => {
    const { url } = api;
    await api.close();
    expect(await send({ url })).toMatchObject({
      result: 'not sent',
      code: 'ECONNREFUSED',
      retryAfterMs: null,
    });
  });

  test('an untrusted certificate: certainly not sent', async () => {
    const tls = path.resolve(import.meta.dirname, '../../fixtures/tls');
    const [key, cert] = await Promise.all(
      ['localhost.key', 'localhost.crt'].map((name) => readFile(path.join(tls, name))),
    );
    const secure = await startFakeApi({ key: key!, cert: cert! });
    try {
      expect(await send({ url: secure.url })).toMatchObject({ result: 'not sent' });
      expect(secure.asked).toEqual([]);
    } finally {
      await secure.close();
    }
  });

  test('aborted during the call: unclear; before it: not sent, without a call', async () => {
    const stop = new AbortController();
    api.answer = () => stop.abort();
    expect(await send({}, stop.signal)).toMatchObject({ result: 'unclear', code: 'Cancelled' });
    expect(await send({}, stop.signal)).toMatchObject({ result: 'not sent', code: 'Cancelled' });
    expect(api.asked).toHaveLength(1);
  });
});

test('without a key, or without the file, there is no call', async () => {
  expect(await send({ apiKey: '' })).toMatchObject({ result: 'not sent', code: 'NoApiKey' });
  expect(await send({}, never, { mimeFile: path.join(folder, 'gone.eml') })).toMatchObject({
    result: 'not sent',
    code: 'NoFile',
  });
  expect(api.asked).toEqual([]);
});

describe('a proxy of the environment', () => {
  let proxy: FakeApi;
  const names = ['http_proxy', 'HTTP_PROXY', 'no_proxy', 'NO_PROXY'];
  const before = names.map((name) => [name, process.env[name]] as const);
  beforeEach(async () => {
    proxy = await startFakeApi();
    for (const name of names) Reflect.deleteProperty(process.env, name);
    process.env.http_proxy = proxy.url;
  });
  afterEach(async () => {
    for (const [name, value] of before) {
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
    }
    await proxy.close();
  });

  test('is not used for a stand-in of Mailgun', async () => {
    api.answer = QUEUED;
    expect(await send()).toEqual({ result: 'accepted' });
    expect(proxy.asked).toEqual([]);
  });

  test('is used for Mailgun', async () => {
    proxy.answer = QUEUED;
    expect(await send({ url: 'http://api.mailgun.net' })).toEqual({ result: 'accepted' });
    expect(proxy.asked.map(({ url }) => url)).toEqual(['http://api.mailgun.net/v3/acme.test/messages.mime']);
  });
});

test('a large mail is not kept in memory while waiting for the answer', async () => {
  const size = 25 * 1024 * 1024;
  const large = path.join(folder, 'large.eml');
  await writeFile(large, randomBytes(size));
  const state: { isRead: boolean; answer?: () => void } = { isRead: false };
  api.answer = (response, { url, body }) => {
    if (url === '/is-read') response.end(state.isRead ? 'yes' : 'no');
    else if (url === '/answer') {
      state.answer!();
      response.end();
    } else {
      expect(body.length).toBeGreaterThan(size);
      state.isRead = true;
      state.answer = () => void QUEUED(response, api.asked[0]!);
    }
  };
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    '--import',
    'tsx',
    path.join(import.meta.dirname, 'mailgunOutboundMemory.ts'),
    JSON.stringify({ url: api.url, mail: { ...mail, mimeFile: large, size } }),
  ]);
  const { sent, heldBytes } = JSON.parse(stdout);
  expect(sent).toEqual({ result: 'accepted' });
  expect(heldBytes).toBeLessThan(size / 3);
}, 180_000);
