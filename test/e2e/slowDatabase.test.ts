import { setTimeout as sleep } from 'node:timers/promises';
import { startGatedStack, type GatedStack } from '../support/gatedStack.ts';
import { messageOf, rowIn, sendMail } from '../support/mails.ts';
import { allInState, expectSentOnce, insistOn, mapWide } from '../support/manyReplies.ts';
import { expectAnswer } from '../support/outcome.ts';
import { mailIn } from '../support/outgoing.ts';
import { SOAK } from '../support/size.ts';
import { until } from '../support/until.ts';

/** Each answer waits; on a machine that is several times slower it takes that much longer. */
const ARRIVES_WITHIN_MS = 240_000;
/** Longer than a local step may take. */
const NETWORK_MS = 1_600;
/** More than the connections that are open at the beginning: new ones are cut as well. */
const CUT_ANSWERS = 30;
const STANDS_MS = 400;
const GOES_MS = 100;

let stack: GatedStack;
beforeAll(async () => {
  stack = await startGatedStack();
});
afterEach(() => {
  stack.mongodb.delayAnswers(0);
  stack.mongodb.limitAnswers(Infinity);
  stack.mongodb.cutAnswers(0);
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

test('a narrow network: a mail arrives, and the API answers or says when to come back', async () => {
  stack.mongodb.limitAnswers(10_000);
  const id = await sendMail(stack);
  expectAnswer(await stack.api('tickets'));
  await messageOf(stack, id, ARRIVES_WITHIN_MS);
});

test('connections reset in the middle of answers, under mails and replies: each is there once', async () => {
  const { path } = await mailIn(stack);
  const keys = Array.from({ length: 8 }, (_, n) => `cut-${n}`);
  stack.mongodb.cutAnswers(CUT_ANSWERS);
  const mails = Promise.all(keys.map(() => sendMail(stack)));
  const replies = await mapWide(keys, 4, (key) =>
    insistOn(stack, path, key, { text: 'Yes.', to: [`${key}@client.test`], cc: [] }),
  );
  for (const id of await mails) {
    await rowIn(stack, id, 'routed', ARRIVES_WITHIN_MS);
    expect(await stack.messages(id)).toHaveLength(1);
  }
  expect(new Set(replies).size).toBe(keys.length);
  expectSentOnce(stack, await allInState(stack, replies, ['sent', 'delivered'], ARRIVES_WITHIN_MS));
});

// Only its time-outs tell the driver that a connection is dead, so this one mostly waits.
if (SOAK > 0)
  test('half-open connections: mails arrive, and the API works again', async () => {
    stack.mongodb.halfOpen();
    const id = await sendMail(stack);
    expectAnswer(await stack.api('tickets'));
    await rowIn(stack, id, 'routed', ARRIVES_WITHIN_MS);
    await until('the API', async () => (await stack.api('tickets')).ok, ARRIVES_WITHIN_MS);
  });
