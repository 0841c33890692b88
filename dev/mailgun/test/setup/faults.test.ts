import { until } from '../until.ts';
import { clientOf, errorOf } from '../outbound/client.ts';
import { localMailgunFor, startReceiver } from '../receiver.ts';

/** Time limit of a call that meets this fault (ms): short only when no answer comes. */
const timeoutFor = (answer: string): number | undefined => (answer.endsWith('hang') ? 3_000 : undefined);

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let localMailgun: Awaited<ReturnType<typeof localMailgunFor>>;
let client: ReturnType<typeof clientOf>;
beforeEach(async () => {
  receiver = await startReceiver();
  localMailgun = await localMailgunFor(receiver);
  client = clientOf(localMailgun);
});
afterEach(async () => {
  await localMailgun.close();
  await receiver.close();
});

test.each([
  [400, { status: 400, details: 'Bad request' }],
  [401, { status: 401, details: 'Invalid private key' }],
  [404, { status: 404, details: 'Domain not found' }],
  [429, { status: 429, message: 'Too Many Requests' }],
  [500, { status: 500, details: 'Internal Server Error' }],
  [502, { status: 502, message: 'Bad Gateway' }],
  ['drop', { status: 400, message: 'ECONNRESET' }],
  ['hang', { status: 400, message: 'ECONNABORTED' }],
] as const)('%s, once: nothing is done', async (answer, error) => {
  localMailgun.faults.set({ domains: { answer, times: 1 } });
  const call = clientOf(localMailgun, { timeout: timeoutFor(`${answer}`) }).domains.create({
    name: 'a.test',
  });
  expect(await errorOf(call)).toMatchObject(error);
  expect(await client.domains.list()).toEqual([]);
});

test.each(['html', 'empty'] as const)('%s: 200 with a wrong body', async (answer) => {
  localMailgun.faults.set({ domains: { answer, times: 1 } });
  expect(await errorOf(client.domains.create({ name: 'a.test' }))).toBeInstanceOf(TypeError);
  expect(await client.domains.list()).toEqual([]);
});

test.each([
  ['accept_then_drop', 'ECONNRESET'],
  ['accept_then_hang', 'ECONNABORTED'],
  ['accept_then_500', 'Internal Server Error'],
] as const)('%s: done, and the caller does not know', async (answer, message) => {
  localMailgun.faults.set({ domains: { answer, times: 1 } });
  const call = clientOf(localMailgun, { timeout: timeoutFor(answer) }).domains.create({ name: 'a.test' });
  expect((await errorOf(call)).message).toBe(message);
  // The call makes a key first, which takes a moment.
  const names = async () => (await client.domains.list()).map(({ name }) => name);
  await until('the domain', async () => (await names()).length > 0);
  expect(await names()).toEqual(['a.test']);
});

test('by method and path, several at a time, set over HTTP', async () => {
  const set = (domains: unknown) =>
    fetch(`${localMailgun.url}/sandbox/faults`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ domains }),
    });
  expect((await set({ answer: 418 })).status).toBe(422);
  const both = [
    { answer: 500, method: 'POST', path: '/v3/routes', message: 'routes are away' },
    { answer: 404, method: 'PUT', times: 2 },
  ];
  expect((await set(both)).status).toBe(204);
  await client.domains.create({ name: 'a.test' });
  const route = () => client.routes.create({ expression: 'catch_all()', action: ['stop()'] });
  expect(await errorOf(route())).toMatchObject({ status: 500, details: 'routes are away' });
  for (let n = 0; n < 2; n += 1)
    expect(await errorOf(client.domains.verify('a.test'))).toMatchObject({ status: 404 });
  await client.domains.verify('a.test');
  localMailgun.faults.clear();
  await route();
});
