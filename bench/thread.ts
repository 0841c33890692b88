import type { MailActivities } from '../activities/index.ts';
import type { InboundMessageRow, MessageRow, ThreadIdRow } from '../src/infra/models/index.ts';
import { hashOf, newId } from '../src/lib/ids.ts';
import { newHouse, runStep, storeMail, WORKSPACE, type House } from '../test/support/house.ts';
import { closeLater } from './cleanUp.ts';
import { figure, say, withSpread, type Section } from './report.ts';
import { middleHalf, quantile } from './statistics.ts';

/** Which mail of its thread is measured first; later rounds measure the next ones. */
const SIZES = [1, 100, 1_000, 5_000];
const ROUNDS = 40;
const WARM_UP_ROUNDS = 15;
/** How many earlier mails a mail names: the most that mail programs name. */
const REFERENCES = 30;
const AIM = 1.2;
const STEPS = ['resolveForwarding', 'classifyEmail', 'routeEmail', 'matchContact', 'recordMessage'] as const;

/**
 * A thread, and the Message-Ids of its mails, oldest first. While it has none, each mail opens a new thread.
 */
interface Thread {
  house: House;
  ids: string[];
}

/**
 * How long the steps from `resolveForwarding` to `recordMessage` take, by the length of the mail's thread.
 */
export async function measureThread(): Promise<Section> {
  const threads = new Map<number, Thread>();
  for (const size of SIZES) {
    threads.set(size, await grow(await ownHouse(), size - 1));
    say(`thread: stored ${figure(size - 1)} mails`);
  }
  const times = new Map(SIZES.map((size) => [size, [] as number[]]));
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
    // In turns, each time beginning with another one, so that none is always first.
    for (let turn = 0; turn < SIZES.length; turn++) {
      const size = SIZES[(turn + round + WARM_UP_ROUNDS) % SIZES.length]!;
      const took = await receive(threads.get(size)!);
      if (round >= 0) times.get(size)!.push(took);
    }
  }
  for (const { house } of threads.values()) await house.close();

  const median = (size: number) => quantile(times.get(size)!, 0.5);
  const growth = (size: number) =>
    median(size) / Math.min(...SIZES.filter((less) => less < size).map(median));
  return {
    title: 'One thread',
    lines: SIZES.map((size) => ({
      what: `mail number ${figure(size)}`,
      ours: withSpread(middleHalf(times.get(size)!), 'ms'),
      ...(size > 1 && { ratio: growth(size), aim: { atMost: AIM } }),
    })),
    notes: [
      `The steps from resolveForwarding to recordMessage with a database for each thread, ${ROUNDS} mails each, in turns; median (middle half).`,
      'Number 1 opens a ticket, each time a new one. The ratio compares with the fastest of the lines above.',
    ],
  };
}

/** The steps on a database of their own. */
async function ownHouse(): Promise<House> {
  const house = await newHouse();
  const close = closeLater(async () => {
    await house.models.connection.dropDatabase();
    await house.close();
  });
  return { ...house, close };
}

/**
 * Runs the steps on a mail: an answer to the newest of the thread, or one that opens a thread.
 * @returns how long they took (ms)
 */
async function receive({ house: { models, steps }, ids }: Thread): Promise<number> {
  const messageId = newMessageId();
  const references = earlierMails(ids);
  const row = await storeMail(models, {
    message_id: messageId,
    in_reply_to: references.slice(-1),
    references,
    date: new Date(),
  });
  const mail = { id: row._id, key: row.key, run: row.run };
  const from = performance.now();
  for (const name of STEPS) await runStep(steps[name] as MailActivities['recordMessage'], mail);
  const took = performance.now() - from;

  const message = await models.Message.findOne({
    workspace_id: WORKSPACE,
    message_id: messageId,
  }).lean<MessageRow>();
  if (message?.opens !== (ids.length === 0)) throw new Error('the mail joined the wrong thread');
  if (ids.length > 0) ids.push(messageId);
  return took;
}

/**
 * Creates a thread of `size` mails: the first two go through the steps, the others are copies of the second's
 * rows.
 */
async function grow(house: House, size: number): Promise<Thread> {
  if (size === 0) return { house, ids: [] };
  const { models } = house;
  const ids = [newMessageId(), newMessageId()];
  await house.receive({ message_id: ids[0]! });
  const { messages } = await house.receive({
    message_id: ids[1]!,
    in_reply_to: [ids[0]!],
    references: [ids[0]!],
  });
  const message = messages[0] as InboundMessageRow;
  const claim = await models.ThreadId.findOne({
    workspace_id: WORKSPACE,
    inbound_email_id: message.inbound_email_id,
  })
    .orFail()
    .lean<ThreadIdRow>();

  const copies: InboundMessageRow[] = [];
  const claims: ThreadIdRow[] = [];
  while (ids.length < size) {
    const id = newMessageId();
    const names = earlierMails(ids);
    const own = {
      inbound_email_id: newId(),
      created_at: new Date(message.created_at.getTime() + ids.length),
    };
    copies.push({
      ...message,
      ...own,
      _id: newId(),
      message_id: id,
      in_reply_to: ids.at(-1)!,
      references: names,
      names,
    });
    claims.push({ ...claim, ...own, _id: hashOf(WORKSPACE, message.audience, id) });
    ids.push(id);
  }
  await models.Message.collection.insertMany(copies as never[]);
  await models.ThreadId.collection.insertMany(claims as never[]);
  return { house, ids };
}

const newMessageId = () => `<${newId()}@client.test>`;

/** The mails that an answer to the newest one names: the first and the latest ones. */
const earlierMails = (ids: string[]) => [...ids.slice(0, 1), ...ids.slice(1).slice(-REFERENCES + 1)];
