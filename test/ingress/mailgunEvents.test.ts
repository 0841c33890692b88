import { createHash, randomUUID } from 'node:crypto';
import { createOutbound } from '../../src/infra/providers/index.ts';
import { createEventWork, type EventWork } from '../../src/ingress/eventWork.ts';
import { createRecordDeliveryEvent } from '../../src/core/replies/recordDeliveryEvent.ts';
import { newHouse, type House } from '../support/house.ts';
import { readReply, saveReply, type Reply } from '../support/replies.ts';
import { until } from '../support/until.ts';
import { post, type Rig, signature, silent, SIGNING_KEY, startRig } from './rig.ts';
import { DAY_MS, HOUR_MS } from '../../src/lib/time.ts';
import { isReplay } from '../../src/infra/models/usedTokens.ts';
import type { FoundEvents } from '../../src/infra/providers/outbound.ts';

const outbound = createOutbound({
  mailgun: {
    signingKey: SIGNING_KEY,
    apiKey: '',
    url: 'https://api.mailgun.net',
    signatureHours: 12,
    timeoutMs: 1_000,
  },
});
let house: House;
let rig: Rig;
let work: EventWork;
let reply: Reply;
/** What Mailgun's API lists of the message. */
let listed: FoundEvents;
beforeAll(async () => void (house = await newHouse()));
afterAll(() => house.close());
beforeEach(async () => {
  rig = await startRig({ outbound });
  listed = { readable: false, code: 'NoApiKey' };
  const recordEvent = createRecordDeliveryEvent({
    models: house.models,
    outbound: { findEvents: async () => listed },
    replies: { eventsKeptMs: DAY_MS },
    wake: () => Promise.resolve(),
    log: silent,
  });
  work = createEventWork({
    outbound,
    storage: rig.storage,
    isReplay: (proof) => isReplay(house.models, proof),
    recordEvent,
    log: silent,
  });
  const ticket = (await house.receive({})).row.ticket_id!;
  reply = await saveReply(
    house,
    { kind: 'ticket', id: ticket },
    {
      state: 'sent',
      to: [{ email: 'dana@client.test', name: '' }],
      outbound: { attempt: 1, is_open: false },
    },
  );
});
afterEach(() => Promise.all([work.close(), rig.close()]));

/** An event as Mailgun posts it, with the fields of its examples (facts about Mailgun, B3). */
const eventData = (change: object) => ({
  id: 'hK7mQVt1QtqRiOfQXta4sw',
  timestamp: 1795428203.153125,
  'log-level': 'info',
  domain: { name: 'mg.acme.test' },
  envelope: { transport: 'smtp', sender: 'support@mg.acme.test', targets: 'dana@client.test' },
  flags: { 'is-routed': false, 'is-authenticated': true, 'is-system-test': false, 'is-test-mode': false },
  message: {
    headers: {
      to: 'dana@client.test',
      'message-id': reply.message_id.slice(1, -1),
      from: 'Acme <support@mg.acme.test>',
      subject: 'Re: Order 1042',
    },
    attachments: [],
    size: 2311,
  },
  recipient: 'dana@client.test',
  'recipient-domain': 'client.test',
  tags: ['reply'],
  campaigns: [],
  'user-variables': {},
  ...change,
});
const signed = (data: object, proof = signature({ token: randomUUID() })) =>
  JSON.stringify({ signature: Object.fromEntries(proof), 'event-data': data });
const postSigned = (body: string): Promise<Response> =>
  post(rig, 'mailgun/events', body, { 'content-type': 'application/json' });

const EXAMPLES: [object, string][] = [
  [{ event: 'accepted', method: 'HTTP' }, 'sent'],
  [{ event: 'delivered', 'delivery-status': { code: 250, message: 'OK' } }, 'delivered'],
  [
    {
      event: 'failed',
      severity: 'permanent',
      reason: 'bounce',
      'delivery-status': { code: 550, message: '5.1.1 No such user' },
    },
    'failed',
  ],
  [
    {
      event: 'failed',
      severity: 'temporary',
      reason: 'generic',
      'delivery-status': { code: 451, message: '4.7.652 too many connections', 'retry-seconds': 600 },
    },
    'delayed',
  ],
  [{ event: 'complained' }, 'complained'],
];

test.each(EXAMPLES)('%j is found by Message-Id and by our variable, and is: %s', async (change, state) => {
  const variables = { 'postroom-message': reply._id, 'postroom-attempt': '1' };
  const ways = [
    {},
    { 'user-variables': undefined },
    { message: { headers: {} }, 'user-variables': variables },
  ];
  for (const found of ways) {
    await house.models.Message.updateOne({ _id: reply._id }, { $set: { 'outbound.deliveries': [] } });
    expect((await postSigned(signed(eventData({ ...change, ...found })))).status).toBe(200);
    work.add(rig.marked.shift()!);
    await until(
      'it is written',
      async () => (await readReply(house, reply._id)).outbound.deliveries.length > 0,
    );
    const { outbound, state: now } = await readReply(house, reply._id);
    expect(now).toBe(state);
    expect(outbound.deliveries).toMatchObject([{ recipient: 'dana@client.test', state, attempt: 1 }]);
  }
});

test('an opened event, and one of an unknown form, is accepted and changes nothing', async () => {
  const opened = eventData({ event: 'opened', ip: '203.0.113.9' });
  for (const data of [opened, {}, { event: 'delivered' }, eventData({ event: 'delivered', id: 7 })])
    expect((await postSigned(signed(data))).status).toBe(200);
  for (const mark of rig.marked) work.add(mark);
  await until('no mark is left', async () =>
    (await rig.files()).every((file) => !file.includes('unstarted')),
  );
  expect(await readReply(house, reply._id)).toEqual(reply);
});

test.each<[string, () => string]>([
  ['no signature', () => JSON.stringify({ 'event-data': eventData({ event: 'delivered' }) })],
  ['another key', () => signed(eventData({ event: 'delivered' }), signature({ key: 'other' }))],
  [
    'over 12 h old',
    () => signed(eventData({ event: 'delivered' }), signature({ at: Date.now() - 12.1 * HOUR_MS })),
  ],
  [
    'no token',
    () =>
      signed(
        {},
        signature().filter(([name]) => name !== 'token'),
      ),
  ],
])('401, and nothing is stored: %s', async (_, body) => {
  expect((await postSigned(body())).status).toBe(401);
  expect(await rig.files()).toEqual([]);
});

/** Posts an event, and waits until it is worked off, or is tried again. */
async function tell(body: string): Promise<void> {
  expect((await postSigned(body)).status).toBe(200);
  work.add(rig.marked.shift()!);
}
const workedOff = () =>
  until('no mark is left', async () => (await rig.files()).every((file) => !file.includes('unstarted')));
const stateNow = async () => (await readReply(house, reply._id)).state;
const failed = (change: object = {}) =>
  eventData({ event: 'failed', severity: 'permanent', reason: 'bounce', ...change });

test('one signature is good for one post: with other content it says nothing', async () => {
  const proof = signature({ token: randomUUID() });
  const delivered = signed(eventData({ event: 'delivered' }), proof);
  await tell(delivered);
  await workedOff();
  await tell(signed(eventData({ event: 'complained', id: 'another' }), proof));
  await tell(delivered);
  await workedOff();
  expect(await stateNow()).toBe('delivered');
});

test('the signature of a mail is none of an event', async () => {
  const token = randomUUID();
  const token_hash = createHash('sha256').update(token).digest('hex');
  expect(await isReplay(house.models, { token_hash, content_hash: 'of a mail' })).toBe(false);
  await tell(signed(eventData({ event: 'delivered' }), signature({ token })));
  await workedOff();
  expect(await stateNow()).toBe('sent');
});

describe('an event that contradicts what is known, or settles an unclear call', () => {
  const listedEvent = (data: object) => outbound.events.parse({ 'event-data': data })!;
  const atOnce = { timestamp: Date.now() / 1000 };

  test('is believed once Mailgun lists it', async () => {
    await tell(signed(eventData({ event: 'delivered' })));
    await workedOff();
    listed = { readable: true, events: [] };
    const bounce = failed({ ...atOnce, id: 'late' });
    await tell(signed(bounce));
    await tell(signed(eventData({ event: 'opened', id: 'after it' })));
    await until('the other one is worked off', async () => (await marksLeft()) === 1);
    expect(await stateNow()).toBe('delivered');
    listed = { readable: true, events: [listedEvent(bounce)] };
    await workedOff();
    expect(await stateNow()).toBe('failed');
  });

  test('is left out when Mailgun does not list it an hour later', async () => {
    await house.models.Message.updateOne(
      { _id: reply._id },
      { $set: { state: 'unconfirmed', 'outbound.unclear': true } },
    );
    listed = { readable: true, events: [] };
    await tell(signed(eventData({ event: 'delivered', timestamp: (Date.now() - 2 * HOUR_MS) / 1000 })));
    await workedOff();
    expect(await stateNow()).toBe('unconfirmed');
  });

  test('is believed where the account may not read events', async () => {
    await house.models.Message.updateOne(
      { _id: reply._id },
      { $set: { state: 'unconfirmed', 'outbound.unclear': true } },
    );
    await tell(signed(eventData({ event: 'delivered' })));
    await workedOff();
    expect(await stateNow()).toBe('delivered');
  });
});

const marksLeft = async () => (await rig.files()).filter((file) => file.includes('unstarted')).length;
