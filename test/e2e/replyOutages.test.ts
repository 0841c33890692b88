import { setTimeout as sleep } from 'node:timers/promises';
import { startGatedStack, type GatedStack } from '../support/gatedStack.ts';
import { note } from '../support/note.ts';
import { allInState, expectSentOnce, insistOn, mapWide } from '../support/manyReplies.ts';
import { mailIn } from '../support/outgoing.ts';
import { seededRandom } from '../support/random.ts';
import { sized } from '../support/size.ts';
import { startTcpGate, type TcpGate } from '../support/tcpGate.ts';
import { until } from '../support/until.ts';

/** As in replyChaos.test.ts: events appear well before it counts that they did not. */
const WAITS = { MAILGUN_TIMEOUT_MS: '3000', REPLY_RETRY_MS: '300', REPLY_SETTLE_MS: '15000' };
/** Enough for the gate to close twice and stall twice in a soak, and once each otherwise. */
const REPLIES = Math.max(8, sized(40));
const WIDTH = 4;
/** An engine that was away is tried again within half a minute; the rest is for a loaded machine. */
const BACK_WITHIN_MS = 180_000;
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const random = seededRandom(SEED);

let stack: GatedStack;
let provider: TcpGate;
let path: string;
beforeAll(async () => {
  note(`SEED=${SEED}, ${REPLIES} replies for each engine`);
  stack = await startGatedStack({ processes: [], env: WAITS, sandbox: { eventsDelayMs: 1_000 } });
  provider = await startTcpGate({ host: '127.0.0.1', port: stack.sandbox.port });
  await Promise.all([
    stack.startWeb(),
    stack.startWorker({ MAILGUN_URL: `http://127.0.0.1:${provider.port}` }),
  ]);
  ({ path } = await mailIn(stack));
});
afterAll(async () => {
  await stack.close();
  await provider.end();
});

const gates = {
  'the provider': () => provider,
  MongoDB: () => stack.mongodb,
  Temporal: () => stack.temporal,
};

test.each(['the provider', 'MongoDB', 'Temporal'] as const)(
  '%s in turn gone, silent and resetting connections while replies go out: each goes out once, all are settled',
  async (name) => {
    const gate = gates[name]();
    const before = stack.sandbox.sends.length;
    const keys = Array.from({ length: REPLIES }, (_, n) => `${name.replaceAll(' ', '-')}-${n}`);
    const ended = new AbortController();
    const flapping = (async () => {
      // Gone and silent once each, however fast the replies are; in a soak its connections are reset as well.
      for (let n = 0; n < 2 || !ended.signal.aborted; n++) {
        // Some are on their way whenever it goes.
        const sends = stack.sandbox.sends.length;
        await until(
          'a call',
          () => stack.sandbox.sends.length > sends || ended.signal.aborted,
          BACK_WITHIN_MS,
        );
        await sleep(random() * 300);
        if (n % 3 === 2) gate.cutAnswers(20);
        else await (n % 3 === 0 ? gate.close() : gate.stall());
        await sleep(500 + random() * 2_500);
        gate.cutAnswers(0);
        await gate.open();
      }
    })();
    const ids = await mapWide(keys, WIDTH, async (key) => {
      const id = await insistOn(stack, path, key, { text: 'Yes.', to: [`${key}@client.test`], cc: [] });
      await sleep(random() * 1_000);
      return id;
    });
    ended.abort();
    await flapping;
    expect(new Set(ids).size).toBe(REPLIES);
    expectSentOnce(stack, await allInState(stack, ids, ['sent', 'delivered'], BACK_WITHIN_MS));
    note(`${name}: ${stack.sandbox.sends.length - before} calls for ${REPLIES} replies`);
  },
  360_000,
);
