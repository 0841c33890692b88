import { createOutbound } from '../../src/infra/providers/index.ts';
import { createEventWork, type EventWork } from '../../src/ingress/eventWork.ts';
import { createRecordDeliveryEvent } from '../../src/core/replies/recordDeliveryEvent.ts';
import { newHouse, type House } from '../support/house.ts';
import { readReply, saveReply, type Reply } from '../support/replies.ts';
import { until } from '../support/until.ts';
import { post, type Rig, signature, silent, SIGNING_KEY, startRig } from './rig.ts';
import { HOUR_MS } from '../../src/lib/time.ts';

const outbound = createOutbound({
  mailgun: { signingKey: SIGNING_KEY, apiKey: '', url: 'https://api.mailgun.net', timeoutMs: 1_000 },
});
let house: House;
let rig: Rig;
let work: EventWork;
let reply: Reply;
beforeAll(async () => void (house = await newHouse()));
afterAll(() => house.close());
beforeEach(async () => {
  rig = await startRig({ outbound });
  const recordEvent = createRecordDeliveryEvent({
    models: house.models,
    wake: () => Promise.resolve(),
    log: silent,
  });
  work = createEventWork({ outbound, storage: rig.storage, recordEvent, log: silent });
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
const signed = (data: object, proof = signature()) =>
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
    'over 24 h old',
    () => signed(eventData({ event: 'delivered' }), signature({ at: Date.now() - 24.1 * HOUR_MS })),
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
