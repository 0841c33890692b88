import { networkOf } from '../../src/infra/http/network.ts';
import { signedIn } from './signedIn.ts';
import { createWorld } from './world.ts';

test('a token over its limit gets a Retry-After; other tokens and sessions are not limited', async () => {
  const config = {
    publicUrl: 'http://acme.test',
    urlSecret: 'x'.repeat(32),
    platformDomain: 'postroom.test',
  };
  const temporal = { address: null, namespace: 'mail', uiUrl: null };
  await using world = await createWorld({
    config: { ...config, temporal, apiRequestsPerMinute: 20 },
  });
  const ask = () => world.get('/tickets', world.tokens.max);
  const first = await ask();
  expect([first.headers.get('ratelimit-policy'), first.headers.get('ratelimit')]).toEqual([
    '"default";q=20;w=60',
    expect.stringMatching(/^"default";r=19;t=(60|5\d)$/),
  ]);
  const answers = await Promise.all(Array.from({ length: 30 }, ask));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
  const over = answers.filter(({ status }) => status === 429);
  expect(over).toHaveLength(11);
  for (const { headers } of over) {
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(headers.get('content-type')).toBe('application/problem+json');
  }
  expect((await world.get('/tickets', world.tokens.dana)).status).toBe(200);
  const browser = await signedIn(world, 'max');
  expect((await browser.ask('GET', '/workspaces/acme/tickets')).status).toBe(200);
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:db8:1:2::9', '2001:db8:1:2'],
  ['2001:db8::1', '2001:db8:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
  ['::1', '0:0:0:0'],
])('%s is counted as %s', (ip, network) => {
  expect(networkOf(ip)).toBe(network);
});
