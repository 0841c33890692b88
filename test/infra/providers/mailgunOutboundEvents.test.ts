import { createHmac } from 'node:crypto';
import { createMailgunOutbound } from '../../../src/infra/providers/mailgun/outbound.ts';
import type { DeliveryEvent } from '../../../src/infra/providers/outbound.ts';

const KEY = 'key-test-signing-0123456789abcdef';
const { events } = createMailgunOutbound({
  apiKey: '',
  signingKey: KEY,
  url: 'https://api.mailgun.net',
  signatureHours: 12,
  timeoutMs: 1_000,
});
const TOKEN = 'a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718';
const ID = '20261123100319.1.A1B2C3@mg.acme.test';
const OURS = { 'postroom-message': 'm-1', 'postroom-attempt': '2' };
const head = (id = ID) => ({
  headers: { to: 'x', 'message-id': id, from: 'Acme <support@mg.acme.test>', subject: 'Re: Order 1042' },
  attachments: [],
  size: 2311,
});

/**
 * Events as Mailgun documents them and as others recorded them (facts about Mailgun, B3), with valid
 * signatures.
 */
const ACCEPTED = {
  signature: {
    timestamp: '1795428200',
    token: `11${TOKEN}`,
    signature: 'd55f4684f92a198c78fdbea520d2f9cbf151c22a51524c7dff3e21f8560c093b',
  },
  'event-data': {
    event: 'accepted',
    id: 'jxVuhYlhReaK3QsggHfFRA',
    timestamp: 1795428200.372891,
    'log-level': 'info',
    method: 'HTTP',
    'api-key-id': '12345678-87654321',
    account: { id: '5a1b2c3d4e5f60718293a4b5' },
    domain: { name: 'mg.acme.test' },
    envelope: { sender: 'support@mg.acme.test', targets: 'dana@client.test', transport: 'smtp' },
    flags: { 'is-authenticated': true, 'is-test-mode': false },
    message: { ...head(), recipients: ['dana@client.test'] },
    recipient: 'dana@client.test',
    'recipient-domain': 'client.test',
    storage: { key: 'BAABAQoutEXAMPLE', region: 'us-east4', env: 'production' },
    tags: ['reply'],
    campaigns: [],
    'user-variables': OURS,
  },
};
const DELIVERED = {
  signature: {
    timestamp: '1795428203',
    token: `22${TOKEN}`,
    signature: '776af96407d106a8653d43b6eb776ff998899d624a7d7927941f9ebf7a8261b7',
  },
  'event-data': {
    event: 'delivered',
    id: 'hK7mQVt1QtqRiOfQXta4sw',
    timestamp: 1795428203.153125,
    envelope: { transport: 'smtp', sender: 'support@mg.acme.test', targets: 'dana@client.test' },
    flags: { 'is-routed': false, 'is-authenticated': true, 'is-system-test': false, 'is-test-mode': false },
    'delivery-status': { tls: true, code: 250, description: '', message: 'OK', 'attempt-no': 1 },
    message: head(),
    recipient: 'dana@client.test',
    'user-variables': { 'ticket-id': '1042' },
  },
};
const FAILED = {
  signature: {
    timestamp: '1795428300',
    token: `33${TOKEN}`,
    signature: 'def345c08460acd3fc636cc66cc24441e181456b4b505f57c5a4757385490b12',
  },
  'event-data': {
    event: 'failed',
    severity: 'permanent',
    reason: 'bounce',
    id: 'pl271FxzTTmGRW8Uj3dUWw',
    timestamp: 1795428300.389832,
    flags: { 'is-routed': false, 'is-delayed-bounce': false },
    'delivery-status': {
      'mx-host': 'mx.client.test',
      'attempt-no': 1,
      code: 550,
      'enhanced-code': '5.1.1',
      'bounce-type': 'hard',
      description: '',
      message: '5.1.1 No such user',
    },
    message: head('20261123100450.1.D4E5@mg.acme.test'),
    recipient: 'gone@client.test',
    'user-variables': OURS,
  },
};
const DELAYED = {
  signature: {
    timestamp: '1795428240',
    token: `44${TOKEN}`,
    signature: '6d644999b39ba1d28e7a15436ccfe01fae70c422032fdb0f894458dea1547677',
  },
  'event-data': {
    event: 'failed',
    severity: 'temporary',
    reason: 'generic',
    id: 'xYrATi63Rke8EC_s7EoJeA',
    timestamp: 1795428240.659519,
    'delivery-status': {
      'attempt-no': 1,
      code: 451,
      'enhanced-code': '4.7.652',
      message: '4.7.652 too many connections',
      description: '',
      'retry-seconds': 600,
    },
    recipient: 'dana@client.test',
    message: head(),
    flags: { 'is-test-mode': false },
    tags: [],
    'user-variables': {},
  },
};
const OPENED = {
  signature: {
    timestamp: '1795428400',
    token: `55${TOKEN}`,
    signature: 'ed50ead6f14288a8c625ed9d0c207df302eae23197e7f1083d3de3b2ffcc4734',
  },
  'event-data': {
    event: 'opened',
    id: '-laxIqj9QWubsjY_3pTq_g',
    timestamp: 1795428400.042277,
    recipient: 'dana@client.test',
    ip: '203.0.113.9',
    message: { headers: { 'message-id': ID } },
    'user-variables': OURS,
  },
};
const COMPLAINED = {
  signature: {
    timestamp: '1795428500',
    token: `66${TOKEN}`,
    signature: '553ba289898fa9e5a00a8ca4badab361cff98ef06643443fc9b0e991aaa42447',
  },
  'event-data': {
    event: 'complained',
    id: 'ncV2XwymRUKbPek_MIM-Gw',
    timestamp: 1795428500.049634,
    recipient: 'dana@client.test',
    flags: { 'is-test-mode': false },
    message: head(),
    'user-variables': {},
  },
};

function at<T>(seconds: number, look: () => T): T {
  const realNow = Date.now;
  Date.now = () => seconds * 1000;
  try {
    return look();
  } finally {
    Date.now = realNow;
  }
}

describe('the proof', () => {
  test.each([ACCEPTED, DELIVERED, FAILED, DELAYED, OPENED, COMPLAINED])('holds', (body) => {
    const signed = Number(body.signature.timestamp);
    const proves = (change: object, seconds = signed) =>
      at(seconds, () => events.prove({ ...body, signature: { ...body.signature, ...change } }));
    expect(proves({})).toBeNull();
    expect(proves({ timestamp: signed })).toBeNull();
    expect(proves({ 'parent-signature': { signature: 'x' } })).toBeNull();
    expect(proves({}, signed + 12 * 60 * 60)).toBeNull();
    expect(proves({}, signed + 12 * 60 * 60 + 1)).toMatch(/12 hours old/);
    expect(proves({ token: `${body.signature.token}x` })).toMatch(/wrong/);
    expect(proves({ timestamp: String(signed + 1) })).toMatch(/wrong/);
    expect(proves({ signature: 'no hex' })).toMatch(/wrong/);
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'accepted'],
    ['a list', [ACCEPTED]],
    ['no signature', { 'event-data': {} }],
    ['an empty one', { signature: {} }],
    ['a signature that is a text', { signature: ACCEPTED.signature.signature }],
    ['a token that is a list', { signature: { ...ACCEPTED.signature, token: [ACCEPTED.signature.token] } }],
    ['empty fields', { signature: { timestamp: '', token: '', signature: '' } }],
  ])('%s is none', (_, body) => {
    expect(at(1795428200, () => events.prove(body))).toMatch(/needs one timestamp/);
  });

  test('without a key no post is proved', () => {
    const unset = createMailgunOutbound({
      apiKey: '',
      signingKey: '',
      url: 'http://x.test',
      signatureHours: 12,
      timeoutMs: 1,
    });
    const signature = createHmac('sha256', '').update(`1795428200${TOKEN}`).digest('hex');
    const body = { signature: { timestamp: '1795428200', token: TOKEN, signature } };
    expect(at(1795428200, () => unset.events.prove(body))).toMatch(/MAILGUN_SIGNING_KEY/);
  });
});

describe('what an event tells', () => {
  test('its path', () => expect(events.path).toBe('events'));

  test.each<[string, unknown, DeliveryEvent | null]>([
    [
      'accepted',
      ACCEPTED,
      {
        id: 'jxVuhYlhReaK3QsggHfFRA',
        kind: 'accepted',
        recipient: 'dana@client.test',
        at: new Date(1795428200372.891),
        reason: null,
        message: { id: 'm-1', attempt: 2 },
        messageId: `<${ID}>`,
      },
    ],
    [
      'delivered',
      DELIVERED,
      {
        id: 'hK7mQVt1QtqRiOfQXta4sw',
        kind: 'delivered',
        recipient: 'dana@client.test',
        at: new Date(1795428203153.125),
        reason: null,
        message: null,
        messageId: `<${ID}>`,
      },
    ],
    [
      'failed for good',
      FAILED,
      {
        id: 'pl271FxzTTmGRW8Uj3dUWw',
        kind: 'failed',
        recipient: 'gone@client.test',
        at: new Date(1795428300389.832),
        reason: 'the server of the recipient refused it: 550 5.1.1 No such user',
        message: { id: 'm-1', attempt: 2 },
        messageId: '<20261123100450.1.D4E5@mg.acme.test>',
      },
    ],
    [
      'failed for now',
      DELAYED,
      {
        id: 'xYrATi63Rke8EC_s7EoJeA',
        kind: 'delayed',
        recipient: 'dana@client.test',
        at: new Date(1795428240659.519),
        reason: 'it is not delivered yet, and tried again: 451 4.7.652 too many connections',
        message: null,
        messageId: `<${ID}>`,
      },
    ],
    ['opened', OPENED, null],
    [
      'complained',
      COMPLAINED,
      {
        id: 'ncV2XwymRUKbPek_MIM-Gw',
        kind: 'complained',
        recipient: 'dana@client.test',
        at: new Date(1795428500049.634),
        reason: 'the recipient called it spam',
        message: null,
        messageId: `<${ID}>`,
      },
    ],
  ])('%s', (_, body, event) => expect(events.parse(body)).toEqual(event));

  const parse = (change: object, of: { 'event-data': object } = FAILED) =>
    events.parse({ ...of, 'event-data': { ...of['event-data'], ...change } });
  const status = (code: number | null, message: string, description = '') => ({
    'delivery-status': { code, message, description },
  });

  test.each<[object, string]>([
    [
      { reason: 'suppress-bounce', ...status(605, '', 'Not delivering to previously bounced address') },
      'an earlier mail to this address bounced, and Mailgun sends none to it since',
    ],
    [
      { reason: 'generic', ...status(605, 'Not delivering to previously bounced address') },
      'an earlier mail to this address bounced, and Mailgun sends none to it since',
    ],
    [
      {
        reason: 'suppress-complaint',
        ...status(607, '', 'Not delivering to a user who marked your messages as spam'),
      },
      'the recipient called an earlier mail spam, and Mailgun sends none to this address since',
    ],
    [
      { reason: 'suppress-unsubscribe', ...status(606, '') },
      'the recipient unsubscribed, and Mailgun sends no mail to this address since',
    ],
    [
      { reason: 'generic', ...status(498, 'No MX for nowhere.test') },
      'the domain of the recipient takes no mail: No MX for nowhere.test',
    ],
    [
      { reason: 'old', ...status(602, 'Too old') },
      'it could not be delivered for so long that no further try is made: Too old',
    ],
    [{ reason: 'espblock', ...status(554, '') }, 'the mail service of the recipient blocks us'],
    [
      {
        severity: 'temporary',
        reason: 'greylisted',
        ...status(450, '', 'Greylisted, see\r\nhttps://x.test'),
      },
      'the server of the recipient asks to wait before it takes it; it is tried again: 450 Greylisted, see https://x.test',
    ],
    [
      { reason: 'hardfail', ...status(550, '550-5.7.1 Rejected') },
      'the server of the recipient refused it: 550-5.7.1 Rejected',
    ],
    [{ reason: 'a new one', ...status(null, 'Who knows') }, 'it could not be delivered: Who knows'],
    [{ reason: 'constructor', 'delivery-status': undefined }, 'it could not be delivered'],
    [{ reason: undefined, 'delivery-status': 'none' }, 'it could not be delivered'],
    [
      {
        event: 'rejected',
        reason: undefined,
        reject: { reason: 'Sandbox subdomains are for test purposes only.' },
      },
      'Mailgun took it, but does not send it: Sandbox subdomains are for test purposes only.',
    ],
  ])('%j is reported as %j', (change, reason) => expect(parse(change)?.reason).toBe(reason));

  test('without a severity a failure is for good', () => {
    expect(parse({ severity: undefined })?.kind).toBe('failed');
    expect(parse({ event: 'rejected' })?.kind).toBe('failed');
  });

  test.each<[unknown, DeliveryEvent['message']]>([
    [OURS, { id: 'm-1', attempt: 2 }],
    [
      { ...OURS, 'postroom-attempt': 2 },
      { id: 'm-1', attempt: 2 },
    ],
    [JSON.stringify(OURS), { id: 'm-1', attempt: 2 }],
    [[], null],
    ['', null],
    ['{', null],
    [null, null],
    [undefined, null],
    [{ 'postroom-message': 'm-1' }, null],
    [{ ...OURS, 'postroom-attempt': 'x' }, null],
    [{ ...OURS, 'postroom-attempt': 0 }, null],
    [{ ...OURS, 'postroom-message': { id: 'm-1' } }, null],
  ])('variables %j', (variables, message) => {
    expect(parse({ 'user-variables': variables })).toMatchObject({ kind: 'failed', message });
  });

  test('an id in brackets, and none', () => {
    expect(parse({ message: { headers: { 'message-id': `<${ID}>` } } })?.messageId).toBe(`<${ID}>`);
    for (const message of [undefined, null, {}, { headers: {} }, { headers: { 'message-id': '' } }, []])
      expect(parse({ message })).toMatchObject({ kind: 'failed', messageId: null });
  });

  test('events about inbound mail to our webhook are ignored', () => {
    expect(parse({ flags: { 'is-routed': true } })).toBeNull();
    expect(parse({ flags: { 'is-routed': 'no' } })).not.toBeNull();
    expect(parse({ flags: null })).not.toBeNull();
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a list', []],
    ['no event', { ...FAILED, 'event-data': undefined }],
    ['an event that is a list', { 'event-data': [FAILED['event-data']] }],
    ['clicked', { 'event-data': { ...FAILED['event-data'], event: 'clicked' } }],
    ['unsubscribed', { 'event-data': { ...FAILED['event-data'], event: 'unsubscribed' } }],
    ['stored', { 'event-data': { ...FAILED['event-data'], event: 'stored' } }],
    ['without an id', { 'event-data': { ...FAILED['event-data'], id: '' } }],
    ['without a recipient', { 'event-data': { ...FAILED['event-data'], recipient: undefined } }],
    ['a time that is none', { 'event-data': { ...FAILED['event-data'], timestamp: 'now' } }],
    ['a time beyond all calendars', { 'event-data': { ...FAILED['event-data'], timestamp: 1e300 } }],
  ])('%s is of no use, and no fault', (_, body) => expect(events.parse(body)).toBeNull());
});
