import { setTimeout as sleep } from 'node:timers/promises';
import type { MessageRow } from '../../src/infra/models/index.ts';
import type { Received } from '../../dev/mailgun/receive.ts';
import { FORMS, marks } from '../support/mails.ts';
import { note } from '../support/note.ts';
import { seededRandom } from '../support/random.ts';
import { SOAK, sized } from '../support/size.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

/** SEED repeats a run. */
const POSTS = sized(300);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const random = seededRandom(SEED);
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;

/**
 * A step that a killed worker had begun is taken up again after its time-out: 90 s at most
 * (workflows/policies.ts).
 */
const SETTLED_WITHIN_MS = 480_000;
/** Of few posts some are on their way, too, whenever a process ends. */
const PACE_MS = SOAK ? 100 : 300;
/** Each process ends so often at least. */
const ENDS_AT_LEAST = 2;

interface Sent {
  messageId: string;
  /** Null = of an address that does not exist. */
  audience: string | null;
  /** Messages of one exchange belong in one thread. */
  exchange: string;
  files: number;
  received: Received;
}

let stack: Stack;
beforeAll(async () => {
  note(`SEED=${SEED}, ${POSTS} posts`);
  // A minute of Mailgun's schedule is 0.3 s: seven tries, the last after two and a half minutes, when killing
  // is over.
  stack = await startStack({ sandbox: { retrySpeed: 200, answerWithinMs: 20_000 } });
});
afterAll(() => stack.close());

/** Local parts of recipients, and the audience of what they get. */
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

/**
 * Mostly killed; asked to shut down, as at every release; or frozen for longer than a local try may take, and
 * woken.
 */
const ENDS = ['SIGKILL', 'SIGKILL', 'SIGTERM', 'SIGSTOP'] as const;

/**
 * Ends web and worker at random moments, and starts them again, until aborted.
 * @returns how often in which way
 */
async function endAtRandom(signal: AbortSignal): Promise<Record<string, number>> {
  const ends: Record<string, number> = {};
  const endAgain = async (name: 'web' | 'worker', everyMs: number) => {
    // Up for as long as it was down, at least: on a slow machine a post would be unlucky at all of its tries.
    let downMs = 0;
    for (let count = 0; count < ENDS_AT_LEAST || !signal.aborted; count++) {
      await sleep(500 + downMs + random() * everyMs);
      const endedAt = Date.now();
      const signalName = pick(ENDS);
      ends[`${name} ${signalName}`] = (ends[`${name} ${signalName}`] ?? 0) + 1;
      if (signalName === 'SIGSTOP') {
        const pid = stack.pid(name)!;
        process.kill(pid, signalName);
        await sleep(random() * 5_000);
        process.kill(pid, 'SIGCONT');
      } else {
        await stack.stop(name, signalName);
        await (name === 'web' ? stack.startWeb() : stack.startWorker());
      }
      downMs = Date.now() - endedAt;
    }
  };
  // Over a long run, a post that is unlucky at all of its seven tries would become likely. A short one has a
  // few seconds.
  const calm = Math.min(5, Math.max(0.3, POSTS / 300));
  await Promise.all([endAgain('web', 4_000 * calm), endAgain('worker', 8_000 * calm)]);
  return ends;
}

test(
  'web and worker killed, stopped and frozen at random moments: nothing lost, nothing doubled',
  async () => {
    const ended = new AbortController();
    const ending = endAtRandom(ended.signal);
    const sent = await sendAll();
    ended.abort();
    note(`ended: ${JSON.stringify(await ending)}`);

    const deliveries = sent.flatMap((mail) => mail.received.deliveries);
    await until(
      'every post to be answered 200',
      () => deliveries.every(({ outcome }) => outcome === 'accepted' || outcome === 'lost'),
      SETTLED_WITHIN_MS,
    );
    expect(deliveries.filter(({ outcome }) => outcome === 'lost')).toEqual([]);
    const retried = deliveries.filter(({ tries }) => tries.length > 1).length;
    note(`${retried} posts were tried more than once`);

    const { InboundEmail, Message, Attachment } = stack.models;
    await until(
      'all mails and files to be final',
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
