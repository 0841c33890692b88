import { setTimeout as sleep } from 'node:timers/promises';
import { startGatedStack, type GatedStack } from '../support/gatedStack.ts';
import { messageOf, rowIn, sendMail } from '../support/mails.ts';

/** Each answer waits; on a machine that is several times slower it takes that much longer. */
const ARRIVES_WITHIN_MS = 240_000;
/** Longer than a local step may take. */
const NETWORK_MS = 1_600;
const STANDS_MS = 400;
const GOES_MS = 100;

let stack: GatedStack;
beforeAll(async () => {
  stack = await startGatedStack();
});
afterEach(() => {
  stack.mongodb.delayAnswers(0);
});
afterAll(() => stack.close());

test('a database that stands still most of the time: the mails arrive, and the API answers', async () => {
  const braking = new AbortController();
  const braked = (async () => {
    for (; !braking.signal.aborted; await sleep(GOES_MS)) {
      stack.mongodb.delayAnswers(STANDS_MS);
      await sleep(STANDS_MS);
      stack.mongodb.delayAnswers(0);
    }
  })();
  try {
    const ids = await Promise.all([1, 2, 3, 4, 5].map(() => sendMail(stack)));
    for (const id of ids) await messageOf(stack, id, ARRIVES_WITHIN_MS);
    expect((await stack.api('tickets')).status).toBe(200);
  } finally {
    braking.abort();
    await braked;
  }
});

test('a network that takes 1.6 s for each answer: a mail arrives', async () => {
  stack.mongodb.delayAnswers(NETWORK_MS);
  const id = await sendMail(stack);
  await messageOf(stack, id, ARRIVES_WITHIN_MS);
  stack.mongodb.delayAnswers(0);
  expect(await rowIn(stack, id, 'routed', ARRIVES_WITHIN_MS)).toMatchObject({ state: 'routed' });
});
