import { until } from '../../support/until.ts';
import { publish, Zone } from '../../../dev/mailgun/test/setup/zone.ts';
import { clientOf } from '../../../dev/mailgun/test/outbound/client.ts';
import { API_KEY, localMailgunFor, startReceiver } from '../../../dev/mailgun/test/receiver.ts';
import { faultOf, patience, setUpAt } from './mailgunSetUp.ts';
import { type FakeApi, json, readForm, startFakeApi } from './mailgunOutboundServer.ts';

describe('at the local Mailgun', () => {
  let receiver: Awaited<ReturnType<typeof startReceiver>>;
  let sandbox: Awaited<ReturnType<typeof localMailgunFor>>;
  const zone = new Zone();
  const setUp = (timeoutMs = 20_000) => setUpAt(sandbox.url, { apiKey: API_KEY, timeoutMs });
  beforeEach(async () => {
    receiver = await startReceiver();
    sandbox = await localMailgunFor(receiver, { resolve: zone.resolve, takenDomains: ['taken.test'] });
  });
  afterEach(async () => {
    await sandbox.close();
    await receiver.close();
  });

  test('a domain: not there, made, found with the same records, verified, removed', async () => {
    expect(await setUp().findDomain('acme.test')).toBeNull();
    expect(await setUp().verifyDomain('acme.test')).toBeNull();
    const made = await setUp().createDomain('acme.test');
    if (made.result !== 'created') throw new Error(made.result);
    const { records } = made.domain;
    expect(made.domain).toMatchObject({ name: 'acme.test', isDisabled: false });
    expect(records.map(({ purpose }) => purpose).sort()).toEqual(['dkim', 'mx', 'mx', 'spf', 'tracking']);
    expect(records.every(({ isValid }) => !isValid)).toBe(true);
    const found = await setUp().findDomain('acme.test');
    const sorted = (rows = records) => rows.map((row) => JSON.stringify(row)).sort();
    expect(sorted(found!.records)).toEqual(sorted());

    publish(zone, await clientOf(sandbox).domains.get('acme.test'));
    const verified = await setUp().verifyDomain('acme.test');
    expect(verified!.records.map(({ isValid }) => isValid)).toEqual(Array<boolean>(5).fill(true));
    // 2048 bits and what is around them, in base64.
    const { value } = records.find(({ purpose }) => purpose === 'dkim')!;
    expect(Buffer.from(value.split('p=')[1]!, 'base64').length).toBeGreaterThan(256);

    await setUp().removeDomain('acme.test');
    expect(await setUp().findDomain('acme.test')).toBeNull();
    await setUp().removeDomain('acme.test');
  });

  test('a domain that this account has, and one that another has', async () => {
    await setUp().createDomain('acme.test');
    expect(await setUp().createDomain('acme.test')).toEqual({ result: 'exists' });
    expect(await setUp().createDomain('taken.test')).toEqual({ result: 'taken' });
    // Without it mails come without verdicts.
    expect((await clientOf(sandbox).domains.get('acme.test')).spam_action).toBe('tag');
  });

  test.each(['accept_then_drop', 'accept_then_hang', 'accept_then_500'] as const)(
    'a creation that was cut off (%s) may be made again',
    async (answer) => {
      sandbox.faults.set({ domains: { answer, times: 1 } });
      expect(await faultOf(setUp(patience(answer)).createDomain('acme.test'))).toHaveProperty('away');
      // It makes a key first, and that goes on.
      await until('the domain is there', async () => (await setUp().findDomain('acme.test')) !== null);
      expect(await setUp().createDomain('acme.test')).toEqual({ result: 'exists' });
      expect(await setUp().findDomain('acme.test')).toMatchObject({ name: 'acme.test' });
    },
  );

  test('verified too often: says when it may be asked again', async () => {
    sandbox.set({ verifiesPerMinute: 1 });
    await setUp().createDomain('acme.test');
    await setUp().verifyDomain('acme.test');
    const fault = await faultOf(setUp().verifyDomain('acme.test'));
    expect(fault).toMatchObject({ away: 'Http429' });
    const { retryAfterMs } = fault as { retryAfterMs: number };
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  test('an invalid name is refused with a reason', async () => {
    expect(await faultOf(setUp().createDomain('-.test'))).toEqual({
      refused: 'Http400',
      reason: 'Mailgun refused: Domain name format is incorrect',
    });
  });
});

describe('as recorded', () => {
  let api: FakeApi;
  beforeEach(async () => void (api = await startFakeApi()));
  afterEach(() => api.close());

  const row = (change: object) => ({ is_active: true, cached: [], valid: 'unknown', ...change });
  const mx = (value: string, change = {}) => row({ priority: '10', record_type: 'MX', value, ...change });
  const dkim = (change = {}) =>
    row({
      is_active: false,
      name: 'smtp._domainkey.mg.acme.test',
      record_type: 'TXT',
      value: 'k=rsa; p=MIGfQ+A=',
      ...change,
    });
  const spf = row({ name: 'mg.acme.test', record_type: 'TXT', value: 'v=spf1 include:mailgun.org ~all' });
  const cname = row({ name: 'email.mg.acme.test', record_type: 'CNAME', value: 'mailgun.org' });
  const answerOf = (receiving: object[], sending: object[], domain: object = {}) => ({
    message: 'Domain DNS records have been created',
    domain: { name: 'mg.acme.test', is_disabled: false, state: 'unverified', type: 'custom', ...domain },
    receiving_dns_records: receiving,
    sending_dns_records: sending,
  });
  const recordsFor = async (receiving: object[], sending: object[]) => {
    api.answer = json(200, answerOf(receiving, sending));
    return (await setUpAt(api.url).findDomain('mg.acme.test'))!.records;
  };

  test('records are recognised by content, in any order, and missing names are filled in', async () => {
    const sending = [dkim(), spf, cname];
    const expected = [
      { purpose: 'mx', type: 'MX', name: 'mg.acme.test', value: 'mxa.mailgun.org', priority: 10 },
      { purpose: 'mx', type: 'MX', name: 'mg.acme.test', value: 'mxb.mailgun.org', priority: 20 },
      { purpose: 'dkim', type: 'TXT', name: 'smtp._domainkey.mg.acme.test', value: 'k=rsa; p=MIGfQ+A=' },
      { purpose: 'spf', type: 'TXT', name: 'mg.acme.test', value: 'v=spf1 include:mailgun.org ~all' },
      { purpose: 'tracking', type: 'CNAME', name: 'email.mg.acme.test', value: 'mailgun.org' },
    ].map((record) => ({ priority: null, isValid: false, ...record }));
    const receiving = [mx('MXA.mailgun.org.'), mx('mxb.mailgun.org', { priority: 20 })];
    expect(await recordsFor(receiving, sending)).toEqual(expected);
    const reversed = await recordsFor(receiving.toReversed(), sending.toReversed());
    expect(reversed.toReversed()).toEqual(expect.arrayContaining(expected));
    expect(reversed).toHaveLength(5);
  });

  test.each([
    ['valid', true],
    ['unknown', false],
    ['invalid', false],
    [null, false],
  ])('valid: %j', async (valid, isValid) => {
    expect(await recordsFor([mx('mxa.mailgun.org', { valid })], [])).toMatchObject([{ isValid }]);
  });

  test('DKIM by CNAME is DKIM; kinds that are not known are left out', async () => {
    const records = await recordsFor(
      [],
      [
        row({
          name: 'pdk1._domainkey.MG.acme.test.',
          record_type: 'CNAME',
          value: 'pdk1.dkim2.eu.mgsend.net.',
        }),
        row({ name: '_dmarc.mg.acme.test', record_type: 'TXT', value: 'v=DMARC1; p=none' }),
        row({ name: 'mg.acme.test', record_type: 'A', value: '192.0.2.1' }),
        row({ name: 'mg.acme.test', record_type: 'TXT' }),
      ],
    );
    expect(records).toEqual([
      {
        purpose: 'dkim',
        type: 'CNAME',
        name: 'pdk1._domainkey.mg.acme.test',
        value: 'pdk1.dkim2.eu.mgsend.net',
        priority: null,
        isValid: false,
      },
    ]);
  });

  test('of several DKIM keys only the signing ones are asked for; all of them while none signs', async () => {
    const keys = [
      dkim({ name: 'old._domainkey.mg.acme.test', is_active: true, valid: 'valid' }),
      dkim({ name: 'new._domainkey.mg.acme.test', is_active: false }),
    ];
    const namesOf = async (rows: object[]) => (await recordsFor([], rows)).map(({ name }) => name);
    expect(await namesOf(keys)).toEqual(['old._domainkey.mg.acme.test']);
    expect(await namesOf(keys.map((key) => ({ ...key, is_active: false })))).toHaveLength(2);
  });

  test.each([{ is_disabled: true }, { state: 'disabled' }])('switched off: %j', async (domain) => {
    api.answer = json(200, answerOf([], [spf], domain));
    expect(await setUpAt(api.url).findDomain('mg.acme.test')).toMatchObject({ isDisabled: true });
  });

  test('what is asked for', async () => {
    api.answer = json(200, answerOf([], [spf]));
    const setUp = setUpAt(`${api.url}/gateway`);
    await setUp.createDomain('mg.acme.test');
    await setUp.findDomain('mg.acme.test');
    await setUp.verifyDomain('mg.acme.test');
    api.answer = json(200, { message: 'Domain will be deleted in the background' });
    await setUp.removeDomain('mg.acme.test');
    expect(api.asked.map(({ method, url }) => `${method} ${url.split('?')[0]}`)).toEqual([
      'POST /gateway/v4/domains',
      'GET /gateway/v4/domains/mg.acme.test',
      'PUT /gateway/v4/domains/mg.acme.test/verify',
      'DELETE /gateway/v3/domains/mg.acme.test',
    ]);
    expect(Object.fromEntries(await readForm(api.asked[0]!))).toEqual({
      name: 'mg.acme.test',
      dkim_key_size: '2048',
      spam_action: 'tag',
      force_dkim_authority: 'true',
    });
    expect(new URL(api.asked[1]!.url, api.url).searchParams.get('h:with_dns')).toBe('true');
    expect(api.asked[2]!.body).toHaveLength(0);
  });

  test('a name with any characters is one part of the path', async () => {
    api.answer = json(404, { message: 'Domain not found' });
    expect(await setUpAt(api.url).findDomain('a/../../v3/routes?x')).toBeNull();
    expect(api.asked[0]!.url).toMatch(/^\/v4\/domains\/a%2F..%2F..%2Fv3%2Froutes%3Fx\?/);
  });
});
