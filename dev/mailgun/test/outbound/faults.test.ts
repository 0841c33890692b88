import { type SendFault, SendFaults } from '../../outbound/sendFaults.ts';
import { until } from '../until.ts';
import { localMailgunFor, startReceiver } from '../receiver.ts';
import { clientOf, DOMAIN, errorOf, mimeOf, mimeSend } from './client.ts';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let localMailgun: Awaited<ReturnType<typeof localMailgunFor>>;
let client: ReturnType<typeof clientOf>;
beforeAll(async () => {
  receiver = await startReceiver();
});
beforeEach(async () => {
  localMailgun = await localMailgunFor(receiver);
  client = clientOf(localMailgun);
});
afterEach(() => localMailgun.close());
afterAll(() => receiver.close());

const send = (to = 'dana@client.test', by = client) =>
  by.messages.create(DOMAIN, mimeSend(to, mimeOf({ messageId: '<fault@postroom.test>' })));

describe('accepted, but the caller does not see it', () => {
  test.each([
    ['accept_then_drop', { status: 400, message: 'ECONNRESET' }, 'drop'],
    ['accept_then_500', { status: 500, details: 'Internal Server Error' }, 500],
    ['accept_then_hang', { status: 400, message: 'ECONNABORTED' }, 'hang'],
  ] as const)('%s', async (answer, error, logged) => {
    localMailgun.faults.set({ sends: { answer, times: 1 } });
    const impatient = clientOf(localMailgun, { timeout: answer === 'accept_then_hang' ? 3_000 : 20_000 });
    expect(await errorOf(send('dana@client.test', impatient))).toMatchObject(error);
    // A caller may give up before its whole call was read.
    await until('the call', () => localMailgun.sends.length > 0);
    expect(localMailgun.sends).toMatchObject([
      { messageId: '<fault@postroom.test>', accepted: true, answer: logged, fault: answer },
    ]);
    expect(await send()).toMatchObject({ id: '<fault@postroom.test>' });
    expect(localMailgun.outbox).toHaveLength(2);
  });
});

describe('not accepted', () => {
  const refused: [SendFault, object][] = [
    [{ answer: 'drop' }, { status: 400, message: 'ECONNRESET' }],
    [{ answer: 'hang' }, { status: 400, message: 'ECONNABORTED' }],
    [
      { answer: 400 },
      { status: 400, details: 'to parameter is not a valid address. please check documentation' },
    ],
    [{ answer: 401 }, { status: 401, message: 'Unauthorized', details: 'Forbidden' }],
    [
      { answer: 402 },
      { status: 402, details: 'Request Failed - parameters were valid but the request failed' },
    ],
    [
      { answer: 403 },
      {
        status: 403,
        details:
          'Domain postroom.test is not allowed to send: Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients in Account Settings.',
      },
    ],
    [
      { answer: 403, message: 'Domain is disabled' },
      { status: 403, details: 'Domain is disabled' },
    ],
    [{ answer: 404 }, { status: 404, details: 'Domain not found: postroom.test' }],
    [{ answer: 413 }, { status: 413, details: 'request size exceeds 52.4MiB limit' }],
    [
      { answer: 429 },
      {
        status: 429,
        details:
          'Domain postroom.test is not allowed to send: account-requests-per-sec limit exceeded, try again after 120 seconds',
      },
    ],
    [
      { answer: 429, limit: 'recipient', again_after_s: 7 },
      {
        status: 429,
        details:
          'Domain postroom.test is not allowed to send: recipient limit exceeded, try again after 7 seconds',
      },
    ],
    [
      { answer: 429, limit: 'bytes', as_date: true },
      {
        status: 429,
        details: expect.stringMatching(
          /^Domain postroom\.test is not allowed to send: bytes limit exceeded, try again after \w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT$/,
        ),
      },
    ],
    [{ answer: 500 }, { status: 500, details: 'Internal Server Error' }],
    [{ answer: 502 }, { status: 502 }],
    [{ answer: 503 }, { status: 503 }],
    [{ answer: 504 }, { status: 504 }],
    [
      { answer: 'magnificent' },
      { status: 400, message: 'Incorrect url', details: 'Mailgun Magnificent API' },
    ],
  ];
  test.each(refused)('%j', async (fault, error) => {
    localMailgun.faults.set({ sends: { ...fault, times: 1 } });
    const impatient = clientOf(localMailgun, { timeout: fault.answer === 'hang' ? 3_000 : 20_000 });
    expect(await errorOf(send('dana@client.test', impatient))).toMatchObject({
      type: 'MailgunAPIError',
      ...error,
    });
    await until('the call', () => localMailgun.sends.length > 0);
    expect(localMailgun.sends).toMatchObject([
      { accepted: false, fault: fault.answer, messageId: '<fault@postroom.test>' },
    ]);
    expect(localMailgun.outbox).toEqual([]);
    await send();
    expect(localMailgun.outbox).toHaveLength(1);
  });

  test('200 without an id, and 200 with a page of a proxy', async () => {
    localMailgun.faults.set({ sends: { answer: 'no_id', times: 1 } });
    expect(await send()).toEqual({ status: 200, message: 'Queued. Thank you.' });
    localMailgun.faults.set({ sends: { answer: 'html', times: 1 } });
    const answer = await send();
    expect(answer.id).toBeUndefined();
    expect(answer.message).toMatch(/^<html>/);
    expect(localMailgun.outbox).toEqual([]);
  });
});

describe('a mix', () => {
  const answers = async (calls: number) => {
    for (let n = 0; n < calls; n += 1) await send().catch(() => {});
    return localMailgun.sends.map((call) => call.answer);
  };

  test('each third call, and the first two of the others', async () => {
    localMailgun.faults.set({
      sends: [
        { answer: 500, every: 3 },
        { answer: 402, times: 2 },
      ],
    });
    expect(await answers(7)).toEqual([402, 402, 500, 200, 200, 500, 200]);
  });

  test('only for one recipient', async () => {
    localMailgun.faults.set({ sends: { answer: 500, recipient: 'Ops@client.test' } });
    await send('dana@client.test');
    await errorOf(send('ops@client.test'));
    expect(localMailgun.sends.map((call) => call.answer)).toEqual([200, 500]);
  });

  test('with a probability', () => {
    const faults = new SendFaults();
    faults.set({ answer: 500, probability: 0.5 });
    const met = Array.from({ length: 400 }, () => faults.next([])).filter((fault) => fault !== null).length;
    expect(met).toBeGreaterThan(100);
    expect(met).toBeLessThan(300);
  });
});

test('the rate limit: a call too many in a second', async () => {
  localMailgun.set({ sendsPerSecond: 1 });
  while (!localMailgun.sends.some((call) => call.answer === 429))
    await Promise.all([send(), send()].map((call) => call.catch(() => {})));
  expect(localMailgun.sends.find((call) => call.answer === 429)).toMatchObject({
    accepted: false,
    message:
      'Domain postroom.test is not allowed to send: account-requests-per-sec limit exceeded, try again after 1 seconds',
  });
  localMailgun.set({ sendsPerSecond: null });
  await Promise.all(Array.from({ length: 5 }, () => send()));
});

test('over HTTP: faults, settings, and the log of sends', async () => {
  const post = (path: string, body: object) =>
    fetch(`${localMailgun.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  expect((await post('/sandbox/faults', { sends: [{ answer: 'drop', times: 1 }] })).status).toBe(204);
  expect(await errorOf(send())).toMatchObject({ message: 'ECONNRESET' });
  expect((await post('/sandbox/settings', { sends_per_second: 1000, events_delay_ms: 5 })).status).toBe(204);
  await send();
  const log = (await (await fetch(`${localMailgun.url}/sandbox/sends`)).json()) as { data: object[] };
  expect(log.data).toMatchObject([
    { message_id: '<fault@postroom.test>', answer: 'drop', accepted: false },
    { message_id: '<fault@postroom.test>', answer: 200, accepted: true },
  ]);
  for (const [path, body, field] of [
    ['/sandbox/faults', { sends: { answer: 418 } }, 'sends'],
    ['/sandbox/faults', { event_posts: { only: ['opened'] } }, 'event_posts.only.0'],
    ['/sandbox/settings', { events_delay_ms: -1 }, 'events_delay_ms'],
    ['/sandbox/settings', { speed: 1 }, 'speed'],
  ] as const) {
    const answer = await post(path, body);
    const { errors } = (await answer.json()) as { errors: { field: string }[] };
    expect([answer.status, errors[0]!.field]).toEqual([422, field]);
  }
});
