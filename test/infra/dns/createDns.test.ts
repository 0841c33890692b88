import { createDns } from '../../../src/infra/dns/createDns.ts';
import { startDns, type DemoDns } from '../../../dev/mailgun/dns/index.ts';

let servers: [DemoDns, DemoDns, DemoDns];
beforeEach(async () => {
  servers = [await startDns({ port: 0 }), await startDns({ port: 0 }), await startDns({ port: 0 })];
});
afterEach(() => Promise.all(servers.map((server) => server.close())));

const dns = () => createDns(servers.map(({ address }) => address));
const publish = (type: 'TXT' | 'MX' | 'CNAME', values: string[]) =>
  Promise.all(servers.map((server) => server.set('acme.test', type, values)));

test('all agree', async () => {
  const long = `v=DKIM1; p=${'x'.repeat(600)}`;
  await publish('TXT', ['b', long]);
  expect(await dns().lookUp('TXT', 'acme.test')).toEqual({
    agreed: ['b', long],
    seen: ['b', long],
    counts: [3, 3],
    answered: 3,
    failed: 0,
    resolvers: 3,
  });
});

test('quotes that were published with a value are none of it', async () => {
  await publish('TXT', ['"postroom=mine"', 'say "hi"']);
  expect((await dns().lookUp('TXT', 'acme.test')).agreed).toEqual(['postroom=mine', 'say "hi"']);
});

test('hosts in lower case, with the priority of an MX; a null MX', async () => {
  await publish('MX', ['10 MXA.mailgun.org', '0 .']);
  await publish('CNAME', ['Mailgun.ORG.']);
  expect((await dns().lookUp('MX', 'acme.test')).agreed).toEqual(['0 .', '10 mxa.mailgun.org']);
  expect((await dns().lookUp('CNAME', 'acme.test')).agreed).toEqual(['mailgun.org']);
});

test('nothing there is an answer: no such name, no such record', async () => {
  const nothing = { agreed: [], seen: [], counts: [], answered: 3, failed: 0, resolvers: 3 };
  expect(await dns().lookUp('TXT', 'acme.test')).toEqual(nothing);
  await publish('TXT', ['x']);
  expect(await dns().lookUp('MX', 'acme.test')).toEqual(nothing);
});

test('a resolver with wrong answers proves nothing, no matter what the others answer', async () => {
  await servers[0].set('acme.test', 'TXT', ['postroom=mine']);
  const lie = { agreed: [], seen: ['postroom=mine'], counts: [1] };
  expect(await dns().lookUp('TXT', 'acme.test')).toMatchObject({ ...lie, answered: 3, failed: 0 });
  servers[1].fail('acme.test', 'SERVFAIL');
  servers[2].fail('acme.test', 'timeout');
  expect(await dns().lookUp('TXT', 'acme.test')).toMatchObject({ ...lie, answered: 1, failed: 2 });
});

test('a resolver that hides a record hides nothing', async () => {
  await publish('TXT', ['postroom=mine']);
  await servers[2].set('acme.test', 'TXT', ['other']);
  expect(await dns().lookUp('TXT', 'acme.test')).toMatchObject({
    agreed: ['postroom=mine'],
    seen: ['other', 'postroom=mine'],
    counts: [1, 2],
  });
});

test.each(['SERVFAIL', 'REFUSED', 'timeout'] as const)(
  'one that fails (%s): two are enough',
  async (fault) => {
    await publish('TXT', ['x']);
    servers[1].fail('*', fault);
    expect(await dns().lookUp('TXT', 'acme.test')).toEqual({
      agreed: ['x'],
      seen: ['x'],
      counts: [2],
      answered: 2,
      failed: 1,
      resolvers: 3,
    });
  },
);

test('a resolver that does not exist', async () => {
  await publish('TXT', ['x']);
  await servers[1].close();
  expect(await dns().lookUp('TXT', 'acme.test')).toMatchObject({ agreed: ['x'], answered: 2, failed: 1 });
  servers[1] = await startDns({ port: 0 });
});

test('records that flip are seen as they are now', async () => {
  const resolvers = dns();
  for (const value of ['one', 'two', 'one']) {
    await publish('TXT', [value]);
    expect((await resolvers.lookUp('TXT', 'acme.test')).agreed).toEqual([value]);
  }
  await Promise.all(servers.map((server) => server.remove('acme.test')));
  expect((await resolvers.lookUp('TXT', 'acme.test')).seen).toEqual([]);
});

test('a value that one resolver has twice counts once, and so does a server listed twice', async () => {
  await servers[0].set('acme.test', 'TXT', ['x', 'x']);
  const [a, b] = servers;
  const twice = createDns([a.address, b.address, a.address]);
  expect(await twice.lookUp('TXT', 'acme.test')).toMatchObject({ agreed: [], counts: [1], resolvers: 2 });
});

test('names that cannot be asked for', async () => {
  for (const name of ['', '.', 'a..b', `${'x'.repeat(64)}.test`, 'ünïcode.test', 'nul\0.test', 'sp ace.test'])
    expect(await dns().lookUp('TXT', name)).toMatchObject({ agreed: [], resolvers: 3 });
});

test('a server that is no address', () => {
  expect(() => createDns(['dns.example'])).toThrow(/Invalid IP address/);
});
