import { setTimeout as sleep } from 'node:timers/promises';
import { quiet, timed, untilReadable, watchMessages } from './mails.ts';
import { atOnce, postMaker, send } from './posts.ts';
import { figure, say, withSpread, type Section } from './report.ts';
import { newStack } from './stack.ts';
import { middleHalf, quantile } from './statistics.ts';

const MANY = 150;
const WIDTH = 16;
const ROUNDS = 4;
/** Mails on the idle installation before each round. */
const ALONE = 5;
const EVERY_MS = 200;

/** How long a mail takes that comes when another workspace has just got many. */
export async function measureFairness(): Promise<Section> {
  const stack = await newStack();
  const post = untilReadable(stack, await watchMessages(stack));
  const nextOfMany = postMaker();
  const nextOther = postMaker(stack.at('orders'));
  await atOnce(50, WIDTH, () => post(nextOfMany()));
  await atOnce(10, 2, () => post(nextOther()));

  const alone: number[] = [];
  const behind: number[] = [];
  const many: number[] = [];
  for (let round = 1; round <= ROUNDS; round++) {
    await quiet(stack);
    for (let n = 0; n < ALONE; n++) {
      await sleep(EVERY_MS);
      alone.push(await timed(() => post(nextOther())));
    }
    const begun = performance.now();
    await atOnce(MANY, WIDTH, () => send(stack.webUrl, nextOfMany()));
    behind.push(await timed(() => post(nextOther())));
    await quiet(stack);
    many.push(performance.now() - begun);
    say(`fairness ${round}/${ROUNDS}: ${figure(behind.at(-1)!)} ms, all after ${figure(many.at(-1)!)} ms`);
  }
  await stack.close();
  return {
    title: 'Fairness',
    lines: [
      {
        what: `post to readable, behind ${MANY} of another workspace (floor: alone)`,
        ours: withSpread(middleHalf(behind), 'ms'),
        floor: withSpread(middleHalf(alone), 'ms'),
        ratio: quantile(behind, 0.5) / quantile(alone, 0.5),
        aim: { atMost: 2 },
      },
      { what: '  all of them', ours: withSpread(middleHalf(many), 'ms') },
    ],
    notes: [
      `${MANY} mails to one address are posted at once, and when all are acknowledged one to another workspace; ${ROUNDS} rounds, median (middle half).`,
    ],
  };
}
