import dgram from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import * as dnsPacket from 'dns-packet';
import { startDns, type DemoDns } from '../../dns/index.ts';
import { lastingPort } from '../ports.ts';

const DKIM = `k=rsa; p=${'MIIBIjANBgkqhkiG9w0BAQEFAAOC'.repeat(25)}`;

let dns: DemoDns;
let resolver: Resolver;
beforeEach(async () => {
  dns = await startDns({ port: 0 });
  resolver = resolverOf(dns);
});
afterEach(() => dns.close());

/** Asks several times, since a busy machine may answer late; only once when no answer is expected. */
function resolverOf({ address }: DemoDns, tries = 5): Resolver {
  const one = new Resolver({ timeout: 500, tries });
  one.setServers([address]);
  return one;
}

test('records appear, change and disappear at once', async () => {
  await expect(resolver.resolveTxt('acme.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  await dns.set('acme.test', 'TXT', ['one', 'two']);
  expect((await resolver.resolveTxt('acme.test')).flat().sort()).toEqual(['one', 'two']);
  await dns.set('ACME.test.', 'TXT', ['three']);
  expect(await resolver.resolveTxt('Acme.Test')).toEqual([['three']]);
  await dns.remove('acme.test', 'TXT');
  await expect(resolver.resolveTxt('acme.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

test('MX, CNAME, and a record behind a CNAME', async () => {
  await dns.set('acme.test', 'MX', ['10 mxa.mailgun.org', 'mxb.mailgun.org.']);
  await dns.set('email.acme.test', 'CNAME', ['mailgun.org']);
  await dns.set('k1._domainkey.acme.test', 'CNAME', ['k1.keys.test']);
  await dns.set('k1.keys.test', 'TXT', [DKIM]);
  // Node 24 adds a type.
  const exchanges = (await resolver.resolveMx('acme.test')).map(({ priority, exchange }) => ({
    priority,
    exchange,
  }));
  expect(exchanges).toEqual([
    { priority: 10, exchange: 'mxa.mailgun.org' },
    { priority: 10, exchange: 'mxb.mailgun.org' },
  ]);
  expect(await resolver.resolveCname('email.acme.test')).toEqual(['mailgun.org']);
  expect((await resolver.resolveTxt('k1._domainkey.acme.test')).map((one) => one.join(''))).toEqual([DKIM]);
});

test('a name without records, and a type without records', async () => {
  await dns.set('a.acme.test', 'TXT', ['x']);
  await expect(resolver.resolveTxt('b.acme.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  for (const there of ['a.acme.test', 'acme.test'])
    await expect(resolver.resolveMx(there)).rejects.toMatchObject({ code: 'ENODATA' });
});

test('CNAMEs in a loop', async () => {
  await dns.set('a.test', 'CNAME', ['b.test']);
  await dns.set('b.test', 'CNAME', ['a.test']);
  await expect(resolver.resolveTxt('a.test')).rejects.toMatchObject({ code: 'ESERVFAIL' });
});

test('faults: of one name, of all names, and removed', async () => {
  await dns.set('acme.test', 'TXT', ['x']);
  for (const [fault, code] of [
    ['SERVFAIL', 'ESERVFAIL'],
    ['REFUSED', 'EREFUSED'],
    ['timeout', 'ETIMEOUT'],
  ] as const) {
    dns.fail('acme.test', fault);
    const asked = fault === 'timeout' ? resolverOf(dns, 1) : resolver;
    await expect(asked.resolveTxt('acme.test')).rejects.toMatchObject({ code });
    await expect(resolver.resolveTxt('other.test')).rejects.toMatchObject({ code: 'ENOTFOUND' });
  }
  dns.fail('acme.test', null);
  expect(await resolver.resolveTxt('acme.test')).toEqual([['x']]);
  dns.fail('*', 'REFUSED');
  await expect(resolver.resolveTxt('other.test')).rejects.toMatchObject({ code: 'EREFUSED' });
  dns.fail('*', null);
  expect(await resolver.resolveTxt('acme.test')).toEqual([['x']]);
});

test('records are there after a restart, on the same port', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'postroom-dns-'));
  try {
    const first = await startDns({ port: await lastingPort(), dataDir });
    void first.set('acme.test', 'TXT', ['gone']);
    void first.set('acme.test', 'TXT', ['kept']);
    void first.set('acme.test', 'MX', ['5 mx.test']);
    await first.close();
    const second = await startDns({ port: first.port, dataDir });
    expect(second.records).toEqual([
      { name: 'acme.test', type: 'TXT', value: 'kept' },
      { name: 'acme.test', type: 'MX', value: 'mx.test', priority: 5 },
    ]);
    expect(await resolverOf(second).resolveTxt('acme.test')).toEqual([['kept']]);
    await second.close();
  } finally {
    await rm(dataDir, { recursive: true });
  }
});

test('a port that is in use', async () => {
  await expect(startDns({ port: dns.port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});

describe('on the wire', () => {
  const query = (
    name: string,
    additionals: dnsPacket.Answer[] = [],
    more: Partial<dnsPacket.Packet> = {},
  ): Buffer =>
    dnsPacket.encode({
      type: 'query',
      id: 7,
      flags: dnsPacket.RECURSION_DESIRED,
      questions: [{ type: 'TXT', name }],
      additionals,
      ...more,
    });
  const edns = (udpPayloadSize: number): dnsPacket.Answer => ({
    type: 'OPT',
    name: '.',
    udpPayloadSize,
    extendedRcode: 0,
    ednsVersion: 0,
    flags: 0,
    flag_do: false,
    options: [],
  });
  const rcodeOf = (packet: dnsPacket.DecodedPacket) => (packet as { rcode?: string }).rcode;
  const textsOf = (packet: dnsPacket.Packet) =>
    (packet.answers as dnsPacket.TxtAnswer[]).map(({ data }) => Buffer.concat(data as Buffer[]).toString());

  /** The first `count` answers to the bytes that are sent in one socket. */
  async function overUdp(messages: Buffer[], count = 1) {
    const socket = dgram.createSocket('udp4');
    const answers: dnsPacket.DecodedPacket[] = [];
    for (const message of messages) socket.send(message, dns.port, '127.0.0.1');
    while (answers.length < count) {
      const [bytes] = (await once(socket, 'message')) as [Buffer];
      answers.push(dnsPacket.decode(bytes));
    }
    socket.close();
    return answers;
  }

  test('a long key over UDP is truncated, and marked, unless the client accepts more', async () => {
    await dns.set('k._domainkey.acme.test', 'TXT', [DKIM]);
    const [cut] = await overUdp([query('k._domainkey.acme.test')]);
    expect(cut).toMatchObject({ id: 7, flag_tc: true, flag_rd: true, flag_ra: true, answers: [] });
    const [small] = await overUdp([query('k._domainkey.acme.test', [edns(600)])]);
    expect(small).toMatchObject({ flag_tc: true });
    const [whole] = await overUdp([query('k._domainkey.acme.test', [edns(1232)])]);
    expect(whole!.flag_tc).toBe(false);
    expect(textsOf(whole!)).toEqual([DKIM]);
    expect(whole!.additionals).toMatchObject([{ type: 'OPT' }]);
  });

  test('two queries in one TCP stream that arrives byte by byte', async () => {
    await dns.set('a.test', 'TXT', [DKIM]);
    await dns.set('b.test', 'TXT', ['b']);
    const socket = net.connect(dns.port, '127.0.0.1').setNoDelay();
    const queries = [dnsPacket.streamEncode, dnsPacket.streamEncode].map((encode, n) =>
      encode(dnsPacket.decode(query(n === 0 ? 'a.test' : 'b.test'))),
    );
    for (const byte of Buffer.concat(queries)) {
      socket.write(Buffer.of(byte));
      await new Promise(setImmediate);
    }
    let received = Buffer.alloc(0);
    const texts: string[] = [];
    while (texts.length < 2) {
      const [bytes] = (await once(socket, 'data')) as [Buffer];
      received = Buffer.concat([received, bytes]);
      while (received.length >= 2 && received.length >= 2 + received.readUInt16BE(0)) {
        const end = 2 + received.readUInt16BE(0);
        texts.push(...textsOf(dnsPacket.decode(received.subarray(2, end))));
        received = received.subarray(end);
      }
    }
    expect(texts).toEqual([DKIM, 'b']);
    socket.destroy();
  });

  test('bytes that are not a query get no answer, and the next query does', async () => {
    const response = dnsPacket.encode({ type: 'response', id: 1, questions: [{ type: 'TXT', name: 'x' }] });
    const [only] = await overUdp([Buffer.from('not DNS'), Buffer.alloc(0), response, query('x.test')]);
    expect(only).toMatchObject({ id: 7 });
    expect(rcodeOf(only!)).toBe('NXDOMAIN');
  });

  test('other operations, other classes, several questions, none', async () => {
    const update = query('x.test', [], { flags: 5 << 11 });
    const chaos = query('x.test', [], { questions: [{ type: 'TXT', name: 'version.bind', class: 'CH' }] });
    const two = query('x.test', [], {
      questions: [
        { type: 'TXT', name: 'x' },
        { type: 'TXT', name: 'y' },
      ],
    });
    const rcodes = [];
    for (const message of [update, chaos, two, query('x.test', [], { questions: [] })])
      rcodes.push(rcodeOf((await overUdp([message]))[0]!));
    expect(rcodes).toEqual(['NOTIMP', 'REFUSED', 'FORMERR', 'FORMERR']);
  });
});
