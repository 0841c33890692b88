import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../test/support/stack.ts';
import { perSecond, routed, untilRouted } from './backlog.ts';
import { quiet, timed, untilReadable, watchMessages } from './mails.ts';
import { atOnce, postMaker, send, type Post } from './posts.ts';
import { figure, say, type Section } from './report.ts';
import { startSlowDatabase } from './slowDatabase.ts';
import { newStack } from './stack.ts';
import { quantile } from './statistics.ts';

/** As many mails in flight as the slow database carries best. */
const BEST_WIDTH = 8;
/** Each mail makes the slow database slower: both sides have as many. */
const AT_ONCE = 300;
const BRAKED_MAILS = 200;
const BRAKED_MS = 40_000;
/** On the slow database a list takes as long as a whole mail. */
const READ_EVERY_MS = 5_000;

/** Whether more mail than the database carries, and a database that stands still, only make mail slower. */
export async function measureOverload(): Promise<Section> {
  const database = await startSlowDatabase();
  const nextPost = postMaker();
  const best = await measureBest(database.newUri(), nextPost);
  const stack = await warmStack(database.newUri(), nextPost);
  const reads = startReading(stack);
  const before = await routed(stack);
  const started = Date.now();
  await atOnce(AT_ONCE, 16, () => send(stack.webUrl, nextPost()));
  say(`overload: ${AT_ONCE} posted in ${figure((Date.now() - started) / 1000)} s`);
  const arrived = await untilRouted(stack, before + AT_ONCE);
  const flood = perSecond(arrived - before, Date.now() - started);
  const floodReads = await reads.stop();
  await quiet(stack);

  const braked = await measureBraked(stack, database, nextPost);
  await stack.close();
  const api = ({ took, failed }: Reads) =>
    `${figure(quantile(took, 0.99))} ms, ${failed} of ${took.length} failed`;
  return {
    title: 'Overload, on a slow database',
    lines: [
      {
        what: `mails/s, ${AT_ONCE} posted at once (floor: ${BEST_WIDTH} in flight)`,
        ours: `${figure(flood)} /s`,
        floor: `${figure(best)} /s`,
        ratio: flood / best,
        aim: { atLeast: 0.9 },
      },
      {
        what: '  the API meanwhile, p99',
        ours: api(floodReads),
        target: { reached: quantile(floodReads.took, 0.99), atMost: 2_000, unit: 'ms' },
      },
      {
        what: 'mails/s, the database has a fifth of its time',
        ours: `${figure(braked.rate)} /s`,
        floor: `${figure(best)} /s`,
        ratio: braked.rate / best,
        aim: { atLeast: 0.1 },
      },
      {
        what: '  the API meanwhile, p99',
        ours: api(braked.reads),
        target: { reached: braked.reads.failed, atMost: 0, unit: 'failed' },
      },
      {
        what: '  mails/s, once it has all its time again',
        ours: `${figure(braked.after)} /s`,
        floor: `${figure(best)} /s`,
        ratio: braked.after / best,
        aim: { atLeast: 0.9 },
      },
    ],
    notes: [
      `${BEST_WIDTH} in flight: as many mails, with a database of their own, and the same reader.`,
      `The database is the stand-in in Python. A rate counts from the first post until the last mail is routed.`,
      `Braked: ${BRAKED_MAILS} mails are posted at once, and the database is stopped for 0.4 s twice a second, for ${BRAKED_MS / 1000} s.`,
      `The API: one reader of a list of tickets, ${READ_EVERY_MS} ms after each answer.`,
    ],
  };
}

/** Mails a second with as many in flight as the database carries best. */
async function measureBest(mongodbUri: string, nextPost: () => Post): Promise<number> {
  const stack = await warmStack(mongodbUri, nextPost);
  const post = untilReadable(stack, await watchMessages(stack));
  const reads = startReading(stack);
  const took = await timed(() => atOnce(AT_ONCE, BEST_WIDTH, () => post(nextPost())));
  await reads.stop();
  await stack.close();
  say(`overload: ${BEST_WIDTH} in flight: ${figure(perSecond(AT_ONCE, took))} /s`);
  return perSecond(AT_ONCE, took);
}

async function warmStack(mongodbUri: string, nextPost: () => Post): Promise<Stack> {
  const stack = await newStack({ mongodbUri });
  await atOnce(30, BEST_WIDTH, () => send(stack.webUrl, nextPost()));
  await untilRouted(stack, 30);
  await quiet(stack);
  return stack;
}

async function measureBraked(
  stack: Stack,
  database: { brake(): void; release(): void },
  nextPost: () => Post,
): Promise<{ rate: number; after: number; reads: Reads }> {
  const before = await routed(stack);
  const reads = startReading(stack);
  database.brake();
  const started = Date.now();
  await atOnce(BRAKED_MAILS, 16, () => send(stack.webUrl, nextPost()));
  await sleep(started + BRAKED_MS - Date.now());
  database.release();
  const braked = await reads.stop();
  const released = Date.now();
  const meanwhile = (await routed(stack)) - before;
  say(`overload: braked, ${meanwhile} of ${BRAKED_MAILS} mails in ${BRAKED_MS / 1000} s`);
  const arrived = await untilRouted(stack, before + BRAKED_MAILS);
  return {
    rate: perSecond(meanwhile, BRAKED_MS),
    after: perSecond(arrived - before - meanwhile, Date.now() - released),
    reads: braked,
  };
}

interface Reads {
  /** How long each took (ms). */
  took: number[];
  failed: number;
}

/** One person who reads a list again and again. */
function startReading(stack: Stack): { stop: () => Promise<Reads> } {
  const reads: Reads = { took: [], failed: 0 };
  const stopped = new AbortController();
  const read = async (): Promise<boolean> => {
    const answer = await stack.api('tickets?limit=20');
    await answer.arrayBuffer();
    return answer.ok;
  };
  const reading = (async () => {
    for (; !stopped.signal.aborted; await sleep(READ_EVERY_MS)) {
      const from = performance.now();
      const isOk = await read().catch(() => false);
      reads.took.push(performance.now() - from);
      if (!isOk) reads.failed += 1;
    }
  })();
  return {
    async stop() {
      stopped.abort();
      await reading;
      return reads;
    },
  };
}
