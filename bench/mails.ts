import { setTimeout as sleep } from 'node:timers/promises';
import { temporalAddress } from '../test/support/temporal.ts';
import type { Stack } from '../test/support/stack.ts';
import { until } from '../test/support/until.ts';
import { newId } from '../src/lib/ids.ts';
import { startFloor } from './child.ts';
import { atOnce, postMaker, send, type Post } from './posts.ts';
import { figure, say, withSpread, type Line, type Section } from './report.ts';
import { newStack } from './stack.ts';
import { middleHalf, quantile, spreadOf } from './statistics.ts';

const ROUNDS = 3;
const BATCH = 200;
/** Concurrent posts, as many as Mailgun might make; also concurrent starts of a floor's workflow. */
const WIDTH = 16;
const SINGLE = 30;
const EVERY_MS = 120;
const KINDS = ['postroom', 'oneActivity', 'empty'] as const;
type Kind = (typeof KINDS)[number];
/** Processes one mail, from its post until it can be read, or runs a floor's workflow until its result. */
type Run = () => Promise<void>;

/** How many mails are processed in a second, and how long one takes, with web and worker running. */
export async function measureMails(): Promise<Section> {
  const stack = await newStack();
  const { close } = await startFloor('floorWorker', [temporalAddress(), stack.namespace]);
  const readable = await watchMessages(stack);
  const post = untilReadable(stack, readable);
  const nextPost = postMaker();
  const runOne: Record<Kind, Run> = {
    postroom: () => post(nextPost()),
    oneActivity: () => runFloor(stack, 'oneActivity'),
    empty: () => runFloor(stack, 'empty'),
  };
  const runBatch: Record<Kind, (count: number) => Promise<void>> = {
    postroom: (count) => processBatch(stack, Array.from({ length: count }, nextPost), readable),
    oneActivity: (count) => atOnce(count, WIDTH, runOne.oneActivity),
    empty: (count) => atOnce(count, WIDTH, runOne.empty),
  };
  for (const kind of KINDS) await runBatch[kind](50);

  const rates: Record<Kind, number[]> = { postroom: [], oneActivity: [], empty: [] };
  const times: Record<Kind, number[]> = { postroom: [], oneActivity: [], empty: [] };
  for (let round = 1; round <= ROUNDS; round++) {
    for (const kind of KINDS) {
      await quiet(stack);
      const took = await timed(() => runBatch[kind](BATCH));
      rates[kind].push((BATCH / took) * 1000);
      say(`mails ${round}/${ROUNDS} ${kind}: ${figure((BATCH / took) * 1000)} /s`);
    }
    for (const kind of KINDS) {
      await quiet(stack);
      const took = await atSteadyRate(runOne[kind]);
      times[kind].push(...took);
      say(`mails ${round}/${ROUNDS} ${kind}: p50 ${figure(quantile(took, 0.5))} ms`);
    }
  }
  await close();
  await stack.close();

  const lines = (floor: 'oneActivity' | 'empty', name: string, isAim: boolean): Line[] => [
    {
      what: `mails/s, floor: ${name}`,
      ours: withSpread(spreadOf(rates.postroom), '/s'),
      floor: withSpread(spreadOf(rates[floor]), '/s'),
      ratio: quantile(
        rates.postroom.map((rate, round) => rate / rates[floor][round]!),
        0.5,
      ),
      ...(isAim && { aim: { atLeast: 0.8 } }),
    },
    {
      what: `  post to readable, p50`,
      ours: withSpread(middleHalf(times.postroom), 'ms'),
      floor: withSpread(middleHalf(times[floor]), 'ms'),
      ratio: quantile(times.postroom, 0.5) / quantile(times[floor], 0.5),
      ...(isAim && { aim: { atMost: 1.7 } }),
    },
    {
      what: `  post to readable, p99`,
      ours: `${figure(quantile(times.postroom, 0.99))} ms`,
      floor: `${figure(quantile(times[floor], 0.99))} ms`,
      ratio: quantile(times.postroom, 0.99) / quantile(times[floor], 0.99),
    },
  ];
  return {
    title: 'Process',
    lines: [
      ...lines('oneActivity', 'a workflow with one activity', true),
      ...lines('empty', 'an empty workflow', false),
    ],
    notes: [
      `mails/s: ${BATCH} mails, ${WIDTH} posted or started concurrently, until all are routed or have their result; ${ROUNDS} rounds, median (min..max).`,
      `Post to readable: one mail every ${EVERY_MS} ms, ${ROUNDS * SINGLE} in all, from the post until its message is in the database (floor: from the start of the workflow until its result); median (middle half).`,
    ],
  };
}

/**
 * Watches new messages through a change stream, without polling.
 * @returns a wait for the message of a mail
 */
export async function watchMessages(stack: Stack): Promise<(mail: Post) => Promise<void>> {
  const waiting = new Map<string, () => void>();
  const stream = stack.models.Message.collection.watch([{ $match: { operationType: 'insert' } }]);
  // Closing the connection ends the stream with an error.
  stream.on('error', () => undefined);
  stream.on('change', (change) => {
    if (change.operationType !== 'insert') return;
    const id = (change.fullDocument as unknown as { message_id: string }).message_id;
    waiting.get(id)?.();
    waiting.delete(id);
  });
  // The stream begins with its first answer from the database, and there is no event for that.
  await sleep(500);
  return (mail) => new Promise((resolve) => waiting.set(mail.messageId, resolve));
}

/** Posts a mail, and waits until its message is in the database. */
export function untilReadable(stack: Stack, readable: (mail: Post) => Promise<void>) {
  return async (mail: Post): Promise<void> => {
    const seen = readable(mail);
    await send(stack.webUrl, mail);
    await seen;
  };
}

/** Counting a thousand rows costs the database 3 ms, so it begins after all messages are stored. */
async function processBatch(
  stack: Stack,
  mails: Post[],
  readable: (mail: Post) => Promise<void>,
): Promise<void> {
  const routed = () => stack.models.InboundEmail.countDocuments({ state: 'routed' });
  const before = await routed();
  const seen = mails.map(readable);
  await atOnce(mails.length, WIDTH, (index) => send(stack.webUrl, mails[index]!));
  await Promise.all(seen);
  await until('all mails to be routed', async () => (await routed()) >= before + mails.length);
}

export async function runFloor({ client }: Stack, workflow: string, ...args: unknown[]): Promise<void> {
  await client.workflow.execute(workflow, { taskQueue: 'floor', workflowId: `floor/${newId()}`, args });
}

/** Starts one every `EVERY_MS`, even if earlier ones have not ended. @returns how long each took (ms) */
export function atSteadyRate(run: Run): Promise<number[]> {
  return Promise.all(
    Array.from({ length: SINGLE }, (_, index) => sleep(index * EVERY_MS).then(() => timed(run))),
  );
}

/** All runs except those of workflows that maintain the installation, which never end. */
const OPEN_RUNS =
  "ExecutionStatus = 'Running' AND WorkflowType != 'keepProvider' AND WorkflowType != 'keepTidy'";

/** Waits until no run is open, so that a round is not slowed down by the one before. */
export async function quiet({ client }: Stack): Promise<void> {
  await until('all runs to end', async () => (await client.workflow.count(OPEN_RUNS)).count === 0);
}

export async function timed(act: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await act();
  return performance.now() - from;
}
