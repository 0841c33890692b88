import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageRow } from '../../src/infra/models/index.ts';
import type { Received } from '../../dev/mailgun/receive.ts';
import { FORMS, marks } from '../support/mails.ts';
import { seededRandom } from '../support/random.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

/** `npm run soak` sets SOAK to a larger number; SEED repeats a run. */
const POSTS = Number(process.env.SOAK ?? 300);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const random = seededRandom(SEED);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

/** A step that a killed worker had begun is taken up again after its time-out: 90 s at most (workflows/policies.ts). */
const SETTLED_WITHIN_MS = 480_000;
const PACE_MS = 100;

interface Sent {
  messageId: string;
  /** Null = nobody's. */
  audience: string | null;
  /** Messages of one exchange belong in one thread. */
  exchange: string;
  files: number;
  received: Received;
}

let stack: Stack;
beforeAll(async () => {
  console.info(`SEED=${SEED}, ${POSTS} posts`);
  // A minute of Mailgun's schedule is 0.3 s: seven tries, the last after two and a half minutes, when killing is over.
  stack = await startStack({ sandbox: { retrySpeed: 200, answerWithinMs: 20_000 } });
});
afterAll(() => stack.close());

/** To whom, and where it lands. */
const RECIPIENTS = [
  ['support', 'tickets'],
  ['billing', 'tickets'],
  ['fwd-1', 'tickets'],
  ['hello', 'shared'],
  ['dana', 'owner:user-dana'],
  ['nobody', null],
] as const;

async function sendAll(): Promise<Sent[]> {
  const sent: Sent[] = [];
  for (let n = 0; n < POSTS; n++) {
    const isAnswer = n > 0 && random() < 0.4;
    const parent = isAnswer ? pick(sent.slice(-20)) : null;
    const [local, audience] = parent ? recipientOf(parent) : pick(RECIPIENTS);
    const messageId = `<${n}@client.test>`;
    const exchange = parent?.exchange ?? messageId;
    const attachments = Array.from({ length: random() < 0.15 ? 2 : 0 }, (_, i) => ({
      filename: `${i}.txt`,
      content: Buffer.from(`file ${i} of ${n}\n`.repeat(1_000)),
    }));
    const received = await stack.sandbox.receive(
      {
        from: `Writer <writer-${exchange.slice(1, -1)}>`,
        to: [stack.at(local)],
        subject: `Mail ${n}`,
        text: `These are the words of mail number ${n}, and of no other.`,
        messageId,
        // Answers come in any order, often before what they answer.
        ...(parent && { inReplyTo: exchange, references: [exchange] }),
        attachments,
      },
      { form: pick(FORMS), wait: 'none' },
    );
    sent.push({ messageId, audience, exchange, files: attachments.length, received });
    await sleep(random() * 2 * PACE_MS);
  }
  return sent;

  function recipientOf({ audience }: Sent) {
    return RECIPIENTS.find((recipient) => recipient[1] === audience)!;
  }
}

/** Mostly killed; told to stop, as at every release; or stopped for longer than a local try may take, and woken again. */
const ENDS = ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGSTOP'] as const;

/** Ends web and worker at random moments, and starts them again, until told to stop. @returns how often in which way */
async function endNowAndThen(signal: AbortSignal): Promise<Record<string, number>> {
  const ends: Record<string, number> = {};
  const one = async (name: 'web' | 'worker', everyMs: number) => {
    // Up for as long as it was down, at least: on a slow machine a post would be unlucky at all of its tries.
    let downMs = 0;
    while (!signal.aborted) {
      await sleep(500 + downMs + random() * everyMs);
      const from = Date.now();
      const how = pick(ENDS);
      ends[`${name} ${how}`] = (ends[`${name} ${how}`] ?? 0) + 1;
      if (how === 'SIGSTOP') {
        const pid = stack.pid(name)!;
        process.kill(pid, how);
        await sleep(random() * 5_000);
        process.kill(pid, 'SIGCONT');
      } else {
        await stack.stop(name, how);
        await (name === 'web' ? stack.startWeb() : stack.startWorker());
      }
      downMs = Date.now() - from;
    }
  };
  // Over a long run, a post that is unlucky at all of its seven tries would become likely.
  const calm = Math.min(5, Math.max(1, POSTS / 300));
  await Promise.all([one('web', 4_000 * calm), one('worker', 8_000 * calm)]);
  return ends;
}

test(
  'web and worker killed, stopped and frozen at random moments: nothing lost, nothing doubled',
  async () => {
    const ended = new AbortController();
    const ending = endNowAndThen(ended.signal);
    const sent = await sendAll();
    ended.abort();
    console.info('ended', await ending);

    const deliveries = sent.flatMap((mail) => mail.received.deliveries);
    await until(
      'every post to be answered 200',
      () => deliveries.every(({ outcome }) => outcome === 'accepted' || outcome === 'lost'),
      SETTLED_WITHIN_MS,
    );
    expect(deliveries.filter(({ outcome }) => outcome === 'lost')).toEqual([]);
    const retried = deliveries.filter(({ tries }) => tries.length > 1).length;
    console.info(`${retried} posts were tried more than once`);

    const { InboundEmail, Message, Attachment } = stack.models;
    await until(
      'all of it to come to its end',
      async () =>
        (await InboundEmail.countDocuments({ state: { $in: ['routed', 'skipped'] } })) === POSTS &&
        (await marks(stack)).length === 0 &&
        (await Attachment.countDocuments({ state: 'pending' })) === 0,
      SETTLED_WITHIN_MS,
    ).catch(async (error: unknown) => {
      throw new Error(`${(error as Error).message}; ${await whatIsLeft()}`);
    });

    const messages = await Message.find().lean<MessageRow[]>();
    const landed = new Map(messages.map((message) => [message.message_id, message]));
    expect(messages).toHaveLength(landed.size);
    expect(await InboundEmail.countDocuments()).toBe(POSTS);
    const expected = sent.filter((mail) => mail.audience !== null);
    expect(messages.map((message) => message.message_id).sort()).toEqual(
      expected.map((mail) => mail.messageId).sort(),
    );
    for (const mail of expected) {
      const message = landed.get(mail.messageId)!;
      expect(message.audience).toBe(mail.audience);
      expect(message.copies).toHaveLength(1);
      expect(message.text.trim()).toBe(
        `These are the words of mail number ${mail.messageId.slice(1, -13)}, and of no other.`,
      );
      const files = await Attachment.find({ message_id: message._id }).lean();
      expect(files.map((file) => file.state)).toEqual(Array(mail.files).fill('stored'));
    }
    await expectWholeThreads(expected, landed);
  },
  900_000 + POSTS * 500,
);

/** Every exchange is one thread, every thread has its messages, and ticket numbers are given once. */
async function expectWholeThreads(sent: Sent[], landed: Map<string | null, MessageRow>): Promise<void> {
  const { Ticket, Conversation, Contact } = stack.models;
  const threads = new Map<string, Set<string>>();
  for (const { exchange, messageId } of sent)
    threads.set(exchange, (threads.get(exchange) ?? new Set()).add(landed.get(messageId)!.thread_id));
  expect([...threads].filter(([, ids]) => ids.size !== 1)).toEqual([]);

  const used = [...new Set([...landed.values()].map((message) => message.thread_id))].sort();
  const tickets = await Ticket.find({}, { number: 1 }).lean();
  const conversations = await Conversation.find({}, { _id: 1 }).lean();
  expect([...tickets, ...conversations].map((thread) => thread._id).sort()).toEqual(used);
  expect(new Set(tickets.map((ticket) => ticket.number)).size).toBe(tickets.length);
  const contacts = await Contact.find({}, { email: 1 }).lean();
  expect(contacts.map((contact) => contact.email).sort()).toEqual(
    [...new Set(sent.map((mail) => `writer-${mail.exchange.slice(1, -1)}`))].sort(),
  );
}

async function whatIsLeft(): Promise<string> {
  const { InboundEmail, Attachment } = stack.models;
  const states = await InboundEmail.aggregate<{ _id: string; n: number }>([
    { $group: { _id: '$state', n: { $sum: 1 } } },
  ]);
  const pending = await Attachment.countDocuments({ state: 'pending' });
  return JSON.stringify({ states, pending, marks: (await marks(stack)).length, posts: POSTS });
}
