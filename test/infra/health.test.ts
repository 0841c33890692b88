import { answerHealth, type Health } from '../../src/infra/health.ts';

const up = () => Promise.resolve();
const away = () => Promise.reject(new Error('away'));
const health = (change: Partial<Health>): Health => ({
  isServing: () => true,
  needed: { storage: up },
  wanted: { mongodb: up, temporal: up },
  ...change,
});

test('ready is only about what is needed, and names the rest', async () => {
  expect(await answerHealth('/health/ready', health({ wanted: { mongodb: away, temporal: up } }))).toEqual({
    status: 200,
    body: { status: 'ready', parts: { storage: 'up', mongodb: 'away', temporal: 'up' } },
  });
  expect(await answerHealth('/health/ready', health({ needed: { storage: away } }))).toEqual({
    status: 503,
    body: { status: 'not ready', parts: { storage: 'away', mongodb: 'up', temporal: 'up' } },
  });
});

test('a part that does not answer counts as away, and does not delay the answer', async () => {
  const never = () => new Promise(() => {});
  const answer = await answerHealth('/health/ready', health({ wanted: { mongodb: never, temporal: never } }));
  expect(answer).toMatchObject({ status: 200, body: { parts: { mongodb: 'away', temporal: 'away' } } });
});

test('a process that shuts down is live and not ready', async () => {
  const stopping = health({ isServing: () => false });
  expect(await answerHealth('/health/ready', stopping)).toMatchObject({ status: 503 });
  expect(await answerHealth('/health/live', stopping)).toEqual({ status: 200, body: { status: 'live' } });
});

test('other paths are not its business', async () => {
  expect(await answerHealth('/health', health({}))).toBeNull();
});
