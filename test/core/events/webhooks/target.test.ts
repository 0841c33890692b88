import type { LookupFunction } from 'node:net';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createPost } from '../../../../src/core/events/webhooks/post.ts';
import { faultOfUrl, isAllowedAddress } from '../../../../src/core/events/webhooks/target.ts';

test.each([
  '127.0.0.1',
  '127.9.9.9',
  '10.0.0.1',
  '172.16.0.1',
  '192.168.1.1',
  '169.254.169.254',
  '168.63.129.16',
  '::ffff:168.63.129.16',
  '100.64.0.1',
  '0.0.0.0',
  '224.0.0.1',
  '255.255.255.255',
  '198.18.0.1',
  '168.63.129.16',
  '::ffff:168.63.129.16',
  '::1',
  '::',
  'fe80::1',
  'fe80::1%eth0',
  'fd00:ec2::254',
  'ff02::1',
  '::ffff:127.0.0.1',
  '::ffff:10.0.0.1',
  '::ffff:a9fe:a9fe',
  '64:ff9b::7f00:1',
  '2002:7f00:1::',
  '2001::1',
  '::7f00:1',
  '1fff::1',
  '4000::1',
  'x',
])('%s is inside', (address) => {
  expect(isAllowedAddress(address, false)).toBe(false);
});

test.each(['8.8.8.8', '93.184.216.34', '2606:4700::1111', '::ffff:8.8.8.8'])('%s is outside', (address) => {
  expect(isAllowedAddress(address, false)).toBe(true);
});

test.each([
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://127.1/',
  'https://[::1]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://169.254.169.254/latest',
  'https://10.1.2.3/',
  'https://localhost/',
  'https://LOCALHOST./',
  'https://x.localhost/',
  'https://[fd00:ec2::254]/',
  'https://１２７.0.0.1/',
  'http://example.com/',
  'ftp://example.com/',
  'https://user@example.com/',
  'https://u:p@example.com/',
  'javascript:1',
  'nonsense',
  'https://example.com/\r\nx: y',
  ' https://example.com/',
  '',
  `https://example.com/${'a'.repeat(2_000)}`,
])('%s is refused', (url) => {
  expect(faultOfUrl(url, false)).not.toBeNull();
});

test('names and public addresses are taken', () => {
  for (const url of ['https://example.com/hook?x=1', 'https://8.8.8.8:8443/', 'https://[2606:4700::1111]/'])
    expect(faultOfUrl(url, false)).toBeNull();
});

test('loopback, with http, only where the installation allows it; private addresses never', () => {
  for (const url of [
    'http://127.0.0.1:3000/',
    'http://localhost:3000/',
    'http://[::1]/',
    'https://127.0.0.1/',
  ])
    expect(faultOfUrl(url, true)).toBeNull();
  for (const url of ['http://10.0.0.1/', 'https://169.254.169.254/', 'http://example.com/'])
    expect(faultOfUrl(url, true)).not.toBeNull();
});

describe('a name', () => {
  let lookups = 0;
  let server: ReturnType<typeof createServer>;
  let port: number;
  beforeAll(async () => {
    server = createServer((_request, response) => {
      lookups += 1;
      response.end('ok');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = (server.address() as AddressInfo).port;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => (lookups = 0));

  /** Answers each look-up with the next of these. */
  const names = (...answers: string[][]) => {
    let count = 0;
    const lookup: LookupFunction = (_host, _options, done) => {
      const answer = answers[Math.min(count++, answers.length - 1)]!;
      done(
        null,
        answer.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    };
    return { lookup, looks: () => count };
  };

  test('that resolves to an internal address is not connected to', async () => {
    for (const inside of [['127.0.0.1'], ['::ffff:127.0.0.1'], ['8.8.8.8', '127.0.0.1'], []]) {
      const post = createPost({ allowLoopback: false, lookup: names(inside).lookup });
      expect(await post(`http://rebind.test:${port}/`, {}, '{}')).toMatchObject({
        status: null,
        error: 'address not allowed',
      });
    }
    expect(lookups).toBe(0);
  });

  test('that now resolves to an internal address (DNS rebinding) is checked again at the connection', async () => {
    const dns = names(['127.0.0.1'], ['10.0.0.1'], ['127.0.0.1']);
    const post = createPost({ allowLoopback: true, lookup: dns.lookup });
    const url = `http://rebind.test:${port}/`;
    expect(await post(url, { connection: 'close' }, '{}')).toMatchObject({ status: 200 });
    expect(await post(url, { connection: 'close' }, '{}')).toMatchObject({ error: 'address not allowed' });
    expect(dns.looks()).toBe(2);
    expect(lookups).toBe(1);
  });

  test('an address is not connected to either, without being looked up', async () => {
    const post = createPost({ allowLoopback: false });
    for (const host of ['127.0.0.1', '[::ffff:127.0.0.1]', '2130706433'])
      expect((await post(`http://${host}:${port}/`, {}, '{}')).error).toBe('address not allowed');
    expect(lookups).toBe(0);
  });
});
