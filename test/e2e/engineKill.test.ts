import { setTimeout as sleep } from 'node:timers/promises';
import type { Received } from '../../dev/mailgun/receive.ts';
import { startHookServer, type HookServer } from '../support/hookServer.ts';
import { FORMS, marks, sendMail } from '../support/mails.ts';
import { allInState, expectSentOnce, insistOn, mapWide } from '../support/manyReplies.ts';
import { note } from '../support/note.ts';
import { expectAnswer } from '../support/outcome.ts';
import { mailIn } from '../support/outgoing.ts';
import { startOwnEngines, type OwnEngine, type OwnEngines } from '../support/ownEngines.ts';
import { seededRandom } from '../support/random.ts';
import { SOAK } from '../support/size.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

/** SEED repeats a run; KILLS is how many processes are killed: 500 for a full run, which takes an hour. */
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const KILLS = Number(process.env.KILLS ?? (SOAK > 0 ? 60 * SOAK : 4));
const random = seededRandom(SEED);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

/** What comes in and goes out around each kill: as much on a slow machine as on a fast one. */
const EACH_KILL = { mails: 6, replies: 3 };
/** Before a mail or a reply, and before a kill (ms). */
const PAUSE_MS = 500;
/** Processes are away for up to this long (ms). */
const AWAY_MS = 1_500;
/** How often two are killed at the same moment. */
const TWO_AT_ONCE = 0.3;
/** A step that a killed worker had begun is taken up again after its time-out; the rest is for a slow machine. */
const SETTLED_WITHIN_MS = 600_000;

/** Events appear well before it counts that they did not. */
const WAITS = SOAK > 0 ? { settle: '20000', events: 1_500 } : { settle: '8000', events: 500 };
const ENV = {
  MAILGUN_TIMEOUT_MS: '3000',
  REPLY_RETRY_MS: '300',
  REPLY_SETTLE_MS: WAITS.settle,
  WEBHOOKS_ALLOW_LOOPBACK: '1',
};
const EVENTS = ['ticket.message_created', 'conversation.message_created'];

let engines: OwnEngines;
let stack: Stack;
let hook: HookServer;
let path: string;
beforeAll(async () => {
  note(`SEED=${SEED} KILLS=${KILLS}`);
  engines = await startOwnEngines();
  stack = await startStack({
    mongodbUri: engines.mongodb.uri,
    temporalAt: engines.temporal.address,
    env: ENV,
    // Mailgun's tries go on for long enough after the last kill.
    sandbox: { retrySpeed: SOAK > 0 ? 200 : 600, eventsDelayMs: WAITS.events, answerWithinMs: 20_000 },
  });
  hook = await startHookServer();
  ({ path } = await mailIn(stack));
  const endpoint = await stack.request('POST', 'webhooks', { url: hook.url, events: EVENTS });
  expect(endpoint.status).toBe(201);
});
afterAll(async () => {
  await stack.close();
  await hook[Symbol.asyncDispose]();
  await engines[Symbol.asyncDispose]();
});

/** What can be killed, and is started again. */
function victims(): OwnEngine[] {
  const process = (name: 'web' | 'worker', start: () => Promise<void>) => ({
    kill: () => stack.stop(name, 'SIGKILL'),
    start,
    freeze: () => undefined,
    thaw: () => undefined,
  });
  return [
    process('web', () => stack.startWeb()),
    process('worker', () => stack.startWorker()),
    engines.mongodb,
    engines.temporal,
  ];
}

function shuffled<T>(list: readonly T[]): T[] {
  const drawn = list.map((item) => ({ item, at: random() }));
  return drawn.sort((a, b) => a.at - b.at).map(({ item }) => item);
}

/** What is killed, one or two at a time, each as often as the others. */
function killsAtRandom(): OwnEngine[][] {
  const kills: OwnEngine[][] = [];
  let next: OwnEngine[] = [];
  for (let left = KILLS; left > 0;) {
    if (next.length === 0) next = shuffled(victims());
    const chosen = next.splice(0, Math.min(left, random() < TWO_AT_ONCE ? 2 : 1));
    kills.push(chosen);
    left -= chosen.length;
  }
  return kills;
}

async function kill(chosen: OwnEngine[]): Promise<void> {
  await sleep(random() * EACH_KILL.mails * PAUSE_MS);
  await Promise.all(chosen.map((victim) => victim.kill()));
  await sleep(random() * AWAY_MS);
  await Promise.all(chosen.map((victim) => victim.start()));
}

/** Local parts of a mail's recipients, and the audiences that get a message of it. */
const MAILS = [
  [['support'], ['tickets']],
  [['fwd-1'], ['tickets']],
  [['hello'], ['shared']],
  [['dana'], ['owner:user-dana']],
  [['support', 'billing'], ['tickets']],
  [
    ['hello', 'dana'],
    ['owner:user-dana', 'shared'],
  ],
  [['nobody'], []],
] as const;

interface Mail {
  messageId: string;
  audiences: readonly string[];
  received: Received;
}

/** Mails and replies that come while something is killed. @returns the ids of the replies, once all are accepted */
async function sendSome(round: number, mails: Mail[]): Promise<string[]> {
  const receiving = async () => {
    for (let left = EACH_KILL.mails; left > 0; left -= 1) {
      await sleep(random() * 2 * PAUSE_MS);
      mails.push(await receive(mails.length));
    }
  };
  const replying = Array.from({ length: EACH_KILL.replies }, async (_, n) => {
    await sleep(random() * 2 * PAUSE_MS * EACH_KILL.mails);
    const key = `reply-${round}-${n}`;
    return insistOn(stack, path, key, { text: `This is ${key}.`, to: [`${key}@client.test`], cc: [] });
  });
  const [replies] = await Promise.all([Promise.all(replying), receiving()]);
  return replies;
}

async function receive(n: number): Promise<Mail> {
  const [to, audiences] = pick(MAILS);
  const messageId = `<${n}@client.test>`;
  const received = await stack.sandbox.receive(
    {
      from: `Writer ${n} <writer-${n}@client.test>`,
      to: to.map((local) => stack.at(local)),
      subject: `Mail ${n}`,
      text: `These are the words of mail number ${n}, and of no other.`,
      messageId,
    },
    { form: pick(FORMS), wait: 'none' },
  );
  return { messageId, audiences, received };
}

test(
  `${KILLS} times web, worker, Temporal or MongoDB killed under mail, replies and webhooks: nothing lost, nothing doubled, all settled`,
  async () => {
    const mails: Mail[] = [];
    const replies: string[] = [];
    for (const [round, chosen] of killsAtRandom().entries()) {
      const [some] = await Promise.all([sendSome(round, mails), kill(chosen)]);
      replies.push(...some);
      if (round % 20 === 19) note(`round ${round + 1}`);
    }
    note(`${mails.length} mails and ${replies.length} replies`);

    await expectMails(mails);
    const sent = await allInState(stack, replies, ['sent', 'delivered'], SETTLED_WITHIN_MS);
    expect(new Set(replies).size).toBe(replies.length);
    expectSentOnce(stack, sent);
    await expectEvents([...mails.map(({ messageId }) => messageId), ...sent.map((row) => row.message_id)]);
  },
  3_600_000 + KILLS * 20_000,
);

/** Longer than a test of every day may take. */
if (SOAK > 0)
  test('MongoDB stands still four fifths of the time: mails arrive, the API answers, and the rest comes after', async () => {
    const before = await stack.models.InboundEmail.countDocuments({ state: 'routed' });
    const routed = async () => (await stack.models.InboundEmail.countDocuments({ state: 'routed' })) - before;
    const over = new AbortController();
    const braking = brake(over.signal);
    const answers: Response[] = [];
    try {
      await mapWide(Array.from({ length: BRAKED_MAILS }), 4, () => sendMail(stack));
      await until(
        'some mails to arrive meanwhile',
        async () => {
          answers.push(await stack.api('tickets'));
          return (await routed()) >= BRAKED_MAILS / 10;
        },
        SETTLED_WITHIN_MS,
      );
    } finally {
      over.abort();
      await braking;
    }
    answers.forEach(expectAnswer);
    expect(answers.map(({ status }) => status)).toContain(200);
    await until('all mails', async () => (await routed()) === BRAKED_MAILS, SETTLED_WITHIN_MS);
  }, 1_800_000);

const BRAKED_MAILS = 60;
const STANDS_MS = 400;
const GOES_MS = 100;

async function brake(signal: AbortSignal): Promise<void> {
  for (; !signal.aborted; await sleep(GOES_MS)) {
    engines.mongodb.freeze();
    await sleep(STANDS_MS);
    engines.mongodb.thaw();
  }
}

async function expectMails(mails: Mail[]): Promise<void> {
  const posts = mails.flatMap(({ received }) => received.deliveries);
  const isAnswered = () => posts.every(({ outcome }) => outcome === 'accepted' || outcome === 'lost');
  await until('every post to be answered 200', isAnswered, SETTLED_WITHIN_MS);
  expect(posts.filter(({ outcome }) => outcome === 'lost')).toEqual([]);

  const { InboundEmail, Message, Ticket } = stack.models;
  const ofLoad = { 'mail.message_id': { $in: mails.map(({ messageId }) => messageId) } };
  await until(
    'every mail to be final',
    async () =>
      (await InboundEmail.countDocuments({ ...ofLoad, state: { $in: ['routed', 'skipped'] } })) ===
        posts.length &&
      (await marks(stack)).length === 0 &&
      (await stack.client.workflow.count(MAIL_RUNS)).count === 0,
    SETTLED_WITHIN_MS,
  );
  expect(await InboundEmail.countDocuments(ofLoad)).toBe(posts.length);
  const rows = await Message.find(
    { message_id: { $in: mails.map(({ messageId }) => messageId) } },
    { message_id: 1, audience: 1 },
  ).lean();
  const landed = rows.map(({ message_id, audience }) => `${message_id} ${audience}`);
  const expected = mails.flatMap(({ messageId, audiences }) => audiences.map((one) => `${messageId} ${one}`));
  expect(landed.sort()).toEqual(expected.sort());
  const tickets = await Ticket.find({}, { number: 1 }).lean();
  expect(new Set(tickets.map(({ number }) => number)).size).toBe(tickets.length);
}

const MAIL_RUNS = "ExecutionStatus = 'Running' AND WorkflowType = 'inboundEmail'";

/** Each of these messages that an endpoint may see was posted to it, and all deliveries are settled. */
async function expectEvents(messageIds: string[]): Promise<void> {
  const { Message, WebhookDelivery } = stack.models;
  const seen = await Message.find(
    { message_id: { $in: messageIds }, audience: { $in: ['tickets', 'shared'] } },
    { _id: 1 },
  ).lean();
  const posted = () => new Set(hook.posts.map(({ body }) => (JSON.parse(body) as Posted).data.id));
  await until(
    'every event to be posted',
    async () =>
      seen.every(({ _id }) => posted().has(_id)) &&
      (await WebhookDelivery.countDocuments({ state: { $ne: 'delivered' } })) === 0,
    SETTLED_WITHIN_MS,
  ).catch((error: unknown) => {
    const missing = seen.filter(({ _id }) => !posted().has(_id));
    throw new Error(`${(error as Error).message}; of ${seen.length} events ${missing.length} are missing`);
  });
}

interface Posted {
  data: { id: string };
}
