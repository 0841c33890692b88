import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../test/support/until.ts';
import { perSecond, routed, untilRouted } from './backlog.ts';
import { quiet, timed, untilReadable, watchMessages } from './mails.ts';
import { atOnce, postMaker, send, type Post } from './posts.ts';
import { figure, say, type Section } from './report.ts';
import { AWAY_S } from './settings.ts';
import { newGatedStack } from './stack.ts';
import { quantile } from './statistics.ts';

const WARM_UP = 50;
const WIDTH = 8;
/** A mail comes as often while MongoDB is away (ms). */
const EVERY_MS = 500;
const POSTS = Math.ceil((AWAY_S * 1000) / EVERY_MS);
const FLOOR_MAILS = Math.min(300, POSTS);
/** A step that failed is tried again after a minute at most; then it must only find its turn. */
const FIRST_WITHIN_S = 75;
const API_WITHIN_S = 30;
const GIVE_UP_MS = 600_000;

/** Whether mail that comes while MongoDB is away for long is acknowledged, and how fast all of it is there afterwards. */
export async function measureOutage(): Promise<Section> {
  const stack = await newGatedStack();
  const nextPost = postMaker();
  const post = untilReadable(stack, await watchMessages(stack));
  await atOnce(WARM_UP, WIDTH, () => post(nextPost()));
  const best = perSecond(FLOOR_MAILS, await timed(() => atOnce(FLOOR_MAILS, WIDTH, () => post(nextPost()))));
  await quiet(stack);
  const before = await routed(stack);

  await stack.mongodb.close();
  say(`outage: ${figure(best)} /s before it; MongoDB is away for ${AWAY_S} s`);
  const { took, failed } = await postAllTheWhile(stack.webUrl, nextPost);
  const acknowledged = took.length - failed;
  await stack.mongodb.open();
  const opened = Date.now();
  const sinceOpened = () => Date.now() - opened;
  const [apiMs, firstMs] = await Promise.all([
    until('the API', async () => (await stack.api('tickets')).ok && sinceOpened(), GIVE_UP_MS),
    until('a mail', async () => (await routed(stack)) > before && sinceOpened(), GIVE_UP_MS),
  ]);
  say(`outage: the API after ${figure(apiMs / 1000)} s, the first mail after ${figure(firstMs / 1000)} s`);
  const arrived = (await untilRouted(stack, before + acknowledged)) - before;
  const rate = perSecond(arrived, sinceOpened() - firstMs);
  await quiet(stack);
  const messages = (await stack.models.Message.countDocuments()) - before;
  await stack.close();
  return {
    title: `${AWAY_S} s without MongoDB`,
    lines: [
      {
        what: 'posts not acknowledged meanwhile',
        ours: `${failed} of ${took.length}`,
        target: { reached: failed, atMost: 0, unit: '' },
      },
      { what: '  acknowledged, p99', ours: `${figure(quantile(took, 0.99))} ms` },
      {
        what: 'then: the API answers after',
        ours: `${figure(apiMs / 1000)} s`,
        target: { reached: apiMs / 1000, atMost: API_WITHIN_S, unit: 's' },
      },
      {
        what: '  the first mail is routed after',
        ours: `${figure(firstMs / 1000)} s`,
        target: { reached: firstMs / 1000, atMost: FIRST_WITHIN_S, unit: 's' },
      },
      {
        what: `  mails/s from then on (floor: ${WIDTH} in flight, before)`,
        ours: `${figure(rate)} /s`,
        floor: `${figure(best)} /s`,
        ratio: rate / best,
        aim: { atLeast: 0.9 },
      },
      {
        what: '  messages lost or doubled',
        ours: figure(Math.abs(messages - acknowledged)),
        target: { reached: Math.abs(messages - acknowledged), atMost: 0, unit: '' },
      },
    ],
    notes: [
      `A mail is posted every ${EVERY_MS} ms while nothing listens where web and worker look for MongoDB. AWAY_S sets the time.`,
    ],
  };
}

/** Posts mails for as long as MongoDB is away. @returns how long each answer took (ms), and how many were not 200 */
async function postAllTheWhile(
  webUrl: string,
  nextPost: () => Post,
): Promise<{ took: number[]; failed: number }> {
  const took: number[] = [];
  let failed = 0;
  await Promise.all(
    Array.from({ length: POSTS }, async (_, index) => {
      await sleep(index * EVERY_MS);
      took.push(await timed(() => send(webUrl, nextPost()).catch(() => failed++)));
    }),
  );
  return { took, failed };
}
