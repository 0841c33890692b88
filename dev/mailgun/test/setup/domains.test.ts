import { createPublicKey } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createSetUp } from '../../../../src/infra/providers/index.ts';
import { clientOf, errorOf } from '../outbound/client.ts';
import { API_KEY, localMailgunFor, startReceiver } from '../receiver.ts';
import { publish, Zone } from './zone.ts';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let localMailgun: Awaited<ReturnType<typeof localMailgunFor>>;
let zone: Zone;
let client: ReturnType<typeof clientOf>;
beforeEach(async () => {
  receiver = await startReceiver();
  zone = new Zone();
  localMailgun = await localMailgunFor(receiver, { resolve: zone.resolve, takenDomains: ['taken.test'] });
  client = clientOf(localMailgun);
});
afterEach(async () => {
  await localMailgun.close();
  await receiver.close();
});

interface Body {
  message?: string;
  domain?: Record<string, unknown>;
  items: Record<string, unknown>[];
  total_count?: number;
}
const call = async (path: string, { key = API_KEY, ...init }: RequestInit & { key?: string } = {}) => {
  const authorization = `Basic ${Buffer.from(`api:${key}`).toString('base64')}`;
  const response = await fetch(`${localMailgun.url}${path}`, { ...init, headers: { authorization } });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Body };
};
const formOf = (fields: Record<string, string>) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value);
  return form;
};
const create = (name = 'mg.acme.test') => client.domains.create({ name, dkim_key_size: 2048 });
const dkimOf = (domain: Awaited<ReturnType<typeof create>>) =>
  domain.sending_dns_records!.find(({ name }) => name.includes('._domainkey.'))!;

test('create: the records to publish, none of which is found yet', async () => {
  const domain = await create('MG.Acme.test');
  expect(domain).toMatchObject({ name: 'mg.acme.test', state: 'unverified', type: 'custom' });
  expect(domain.created_at.getTime()).toBeGreaterThan(Date.now() - 60_000);
  expect(domain.receiving_dns_records).toEqual(
    ['mxa', 'mxb'].map((mx) => ({
      is_active: true,
      cached: [],
      priority: '10',
      record_type: 'MX',
      valid: 'unknown',
      value: `${mx}.mailgun.org`,
    })),
  );
  const rows = Object.fromEntries(domain.sending_dns_records!.map((row) => [row.name, row]));
  expect(rows['mg.acme.test']).toMatchObject({
    record_type: 'TXT',
    valid: 'unknown',
    is_active: true,
    cached: [],
    value: 'v=spf1 include:mailgun.org ~all',
  });
  expect(rows['email.mg.acme.test']).toMatchObject({ record_type: 'CNAME', value: 'mailgun.org' });
  const dkim = dkimOf(domain);
  expect(dkim).toMatchObject({ record_type: 'TXT', valid: 'unknown', is_active: false });
  const key = createPublicKey({
    key: Buffer.from(/^k=rsa; p=(\S+)$/.exec(dkim.value)![1]!, 'base64'),
    format: 'der',
    type: 'spki',
  });
  expect(key.asymmetricKeyDetails!.modulusLength).toBe(2048);
});

test('the account’s own domain is there from the beginning, and sends; also after a restart', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'own-domain-'));
  for (const name of ['first start', 'second start']) {
    const own = await localMailgunFor(receiver, { ownDomain: 'postroom.test', dataDir });
    const mailgun = { apiKey: API_KEY, signingKey: 'k', url: own.url, signatureHours: 12, timeoutMs: 10_000 };
    const setUp = createSetUp({ mailgun });
    expect([name, await setUp.findDomain('postroom.test')]).toMatchObject([name, { isDisabled: false }]);
    await expect(setUp.keepEventHooks('postroom.test', 'http://127.0.0.1:9')).resolves.toHaveLength(
      name === 'first start' ? 5 : 0,
    );
    const { domains } = clientOf(own);
    expect(await domains.list()).toMatchObject([{ name: 'postroom.test', state: 'active' }]);
    await own.close();
  }
  await rm(dataDir, { recursive: true });
});

test('create: the message, and a selector that Mailgun or the caller chose', async () => {
  const own = await call('/v4/domains', {
    method: 'POST',
    body: formOf({ name: 'a.test', dkim_selector: 'chosen', dkim_key_size: '1024' }),
  });
  expect(own.body).toMatchObject({
    message: 'Domain DNS records have been created',
    domain: { name: 'a.test', smtp_login: 'postmaster@a.test', is_disabled: false },
  });
  const selectors = new Set<string>();
  for (const name of ['b.test', 'c.test', 'd.test', 'e.test', 'f.test'])
    selectors.add(dkimOf(await create(name)).name.split('.')[0]!);
  expect(selectors.size).toBeGreaterThan(1);
  const names = new Set<string>();
  for (let n = 0; n < 3; n += 1)
    names.add((await client.domains.get('a.test')).sending_dns_records![0]!.name);
  expect(names).toContain('chosen._domainkey.a.test');
  expect(names.size).toBe(3);
});

test('create: refused', async () => {
  await create();
  expect(await errorOf(create())).toMatchObject({
    status: 400,
    details: expect.stringContaining('already exists') as string,
  });
  const together = await Promise.allSettled([create('twice.test'), create('twice.test')]);
  expect(together.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  expect(await errorOf(create('Taken.test'))).toMatchObject({
    status: 400,
    details: 'This domain name is already taken',
  });
  localMailgun.set({ takenDomains: [] });
  await create('taken.test');
  for (const name of ['', 'localhost', 'not a name', '-a.test', 'a..test'])
    expect(await call('/v4/domains', { method: 'POST', body: formOf({ name }) })).toMatchObject({
      status: 400,
      body: { message: expect.stringContaining('ame') as string },
    });
});

test('urlencoded bodies, and no body at all', async () => {
  const created = await call('/v4/domains', {
    method: 'POST',
    body: new URLSearchParams({ name: 'form.test', spam_action: 'tag' }),
  });
  expect(created.body).toMatchObject({ domain: { name: 'form.test', spam_action: 'tag' } });
  const none = await call('/v4/domains', { method: 'POST' });
  expect(none).toMatchObject({ status: 400, body: { message: 'name is a required parameter' } });
});

test('get, list, update, delete', async () => {
  for (const name of ['b.test', 'a.test', 'c.example.test']) await create(name);
  expect((await client.domains.list()).map(({ name }) => name)).toEqual([
    'b.test',
    'a.test',
    'c.example.test',
  ]);
  const names = async (query: string) =>
    (await call(`/v4/domains?${query}`)).body.items.map(({ name }) => name);
  expect(await names('limit=1&skip=1')).toEqual(['a.test']);
  expect(await names('sort=name:asc')).toEqual(['a.test', 'b.test', 'c.example.test']);
  expect(await names('search=example')).toEqual(['c.example.test']);
  expect(await names('state=active')).toEqual([]);
  expect((await call('/v4/domains?limit=2')).body.total_count).toBe(3);
  expect((await call('/v4/domains?limit=1001')).status).toBe(400);
  expect((await call('/v4/domains')).body.items[0]).not.toHaveProperty('sending_dns_records');

  const updated = await client.domains.update('a.test', { spam_action: 'block', web_prefix: 'click' });
  expect(updated.spam_action).toBe('block');
  expect(updated.sending_dns_records!.map(({ name }) => name)).toContain('click.a.test');
  expect(
    (await call('/v4/domains/a.test', { method: 'PUT', body: formOf({ spam_action: 'x' }) })).status,
  ).toBe(400);

  const bare = await client.domains.get('a.test', { extended: true, with_dns: false });
  expect(bare.sending_dns_records).toBeNull();
  expect((await call('/v4/domains/a.test?h:extended=true')).body.domain).toMatchObject({
    message_ttl: 259_200,
  });

  expect(await client.domains.destroy('a.test')).toEqual({
    message: 'Domain will be deleted in the background',
  });
  expect(await errorOf(client.domains.get('a.test'))).toMatchObject({
    status: 404,
    details: 'Domain not found',
  });
});

test('a wrong key, and a domain that does not exist', async () => {
  const stranger = clientOf(localMailgun, { key: 'wrong' });
  expect(await errorOf(stranger.domains.list())).toMatchObject({
    status: 401,
    details: 'Invalid private key',
  });
  for (const request of [
    () => client.domains.get('no.test'),
    () => client.domains.verify('no.test'),
    () => client.domains.update('no.test', { spam_action: 'tag' }),
    () => client.domains.destroy('no.test'),
  ])
    expect(await errorOf(request())).toMatchObject({ status: 404, details: 'Domain not found' });
});

describe('verify', () => {
  /** MX records have no name. */
  interface Row {
    name?: string;
    value: string;
    valid: string;
  }
  const valid = (domain: Awaited<ReturnType<typeof create>>) =>
    Object.fromEntries(
      [...domain.sending_dns_records!, ...domain.receiving_dns_records!].map((row: Row) => [
        row.name?.replace(/^\w+(?=\._domainkey)/, '*') ?? row.value,
        row.valid,
      ]),
    );

  test('shows what DNS answers', async () => {
    const domain = await create();
    expect(valid(await client.domains.verify(domain.name))).toEqual({
      'mg.acme.test': 'unknown',
      '*._domainkey.mg.acme.test': 'unknown',
      'email.mg.acme.test': 'unknown',
      'mxa.mailgun.org': 'unknown',
      'mxb.mailgun.org': 'unknown',
    });

    zone.put('TXT', domain.name, 'google-site-verification=x', 'v=spf1 include:mailgun.org -all');
    zone.put('MX', domain.name, '10 MXA.mailgun.org.');
    let seen = await client.domains.verify(domain.name);
    expect(seen.state).toBe('unverified');
    expect(valid(seen)).toMatchObject({
      'mg.acme.test': 'valid',
      'mxa.mailgun.org': 'valid',
      'mxb.mailgun.org': 'unknown',
    });
    expect(seen.receiving_dns_records![1]!.cached).toEqual(['10 MXA.mailgun.org.']);

    const dkim = dkimOf(domain);
    zone.put('TXT', dkim.name, dkim.value.replace('p=', 'p=x'));
    expect((await client.domains.verify(domain.name)).state).toBe('unverified');
    zone.put('TXT', dkim.name, dkim.value.replace('k=rsa; p=', 'v=DKIM1;k=rsa;p= '));
    seen = await client.domains.verify(domain.name);
    expect(seen.state).toBe('active');
    expect(dkimOf(seen)).toMatchObject({ valid: 'valid', is_active: true });
    expect((await client.domains.get(domain.name)).state).toBe('active');
    expect((await client.domains.list({ state: 'active' })).map(({ name }) => name)).toEqual([domain.name]);
  });

  test('a valid record can break: it shows at the next verify only', async () => {
    const domain = await create();
    publish(zone, domain);
    expect(Object.values(valid(await client.domains.verify(domain.name)))).toEqual(Array(5).fill('valid'));
    zone.put('TXT', domain.name, 'v=spf1 include:mailgun.org ~all', 'v=spf1 -all');
    zone.down.add('email.mg.acme.test');
    zone.silent.add(dkimOf(domain).name);
    expect((await client.domains.get(domain.name)).state).toBe('active');
    const broken = await client.domains.verify(domain.name);
    expect(broken.state).toBe('unverified');
    expect(valid(broken)).toMatchObject({ 'mg.acme.test': 'unknown', 'email.mg.acme.test': 'unknown' });
    expect(dkimOf(broken)).toMatchObject({ valid: 'unknown', is_active: false, cached: [] });
  });

  test('limited', async () => {
    localMailgun.set({ verifiesPerMinute: 2 });
    await create();
    const verify = () => call('/v4/domains/mg.acme.test/verify', { method: 'PUT' });
    expect((await verify()).body.message).toBe('Domain DNS records have been updated');
    const second = await verify();
    expect(second.headers.get('x-request-limit')).toBe('2');
    const third = await verify();
    expect(third).toMatchObject({ status: 429, body: { 'retry-seconds': expect.any(Number) as number } });
    expect(third.headers.get('x-request-limit')).toBe('2');
    expect(await errorOf(client.domains.verify('mg.acme.test'))).toMatchObject({
      status: 429,
      details: expect.stringContaining('Too many requests') as string,
    });
    localMailgun.set({ verifiesPerMinute: null });
    await client.domains.verify('mg.acme.test');
  });
});

test('a domain of the account may send once it is active; an unknown domain always', async () => {
  const mail = { from: 'a@mg.acme.test', to: 'dana@client.test', subject: 'x', text: 'x' };
  const domain = await create();
  expect(await errorOf(client.messages.create(domain.name, mail))).toMatchObject({
    status: 403,
    details: expect.stringMatching(/^Domain mg\.acme\.test is not allowed to send: /) as string,
  });
  expect(localMailgun.sends.map(({ accepted, answer }) => [accepted, answer])).toEqual([[false, 403]]);
  publish(zone, domain);
  await client.domains.verify(domain.name);
  await client.messages.create(domain.name, mail);
  await client.messages.create('elsewhere.test', mail);
  expect(localMailgun.outbox).toHaveLength(2);
});

test('domains and their keys survive a restart', async () => {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'postroom-test-'));
  const first = await localMailgunFor(receiver, { dataDir, resolve: zone.resolve });
  const domain = await clientOf(first).domains.create({ name: 'kept.test' });
  publish(zone, domain);
  await clientOf(first).domains.verify('kept.test');
  await first.close();
  const second = await localMailgunFor(receiver, { dataDir });
  const again = await clientOf(second).domains.get('kept.test');
  expect(again).toMatchObject({ id: domain.id, state: 'active' });
  expect(dkimOf(again).value).toBe(dkimOf(domain).value);
  await second.close();
  await rm(dataDir, { recursive: true });
});
