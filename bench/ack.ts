import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import autocannon from 'autocannon';
import { anyFreePort } from '../dev/engines/ports.ts';
import { startFloor } from './child.ts';
import { closeLater } from './cleanUp.ts';
import { FORM, INBOUND, postMaker } from './posts.ts';
import { figure, say, withSpread, type Line, type Section } from './report.ts';
import { newStack } from './stack.ts';
import { quantile, spreadOf } from './statistics.ts';

const ROUNDS = 6;
const CONNECTIONS = 32;
/** Until V8 has compiled what is hot: the first ten thousand posts cost twice as much as later ones. */
const WARM_UP_POSTS = 10_000;
const WARM_UP_AT_MOST_S = 15;
const MEASURED_S = 3;

interface Load {
  /** Posts acknowledged in a second. */
  rate: number;
  p99Ms: number;
}

/** How fast a post is acknowledged, in processes that have warmed up. */
export async function measureAck(): Promise<Section> {
  const loads = { floor: [] as Load[], away: [] as Load[], there: [] as Load[] };
  const measure = async (kind: keyof typeof loads, url: string, round: number): Promise<void> => {
    const result = await shoot(url, MEASURED_S);
    loads[kind].push(result);
    say(`ack ${round}/${ROUNDS} ${kind}: ${figure(result.rate)} /s, p99 ${result.p99Ms} ms`);
  };
  const floor = await startFloorWeb();
  // Nobody listens at Temporal's address: nothing but acknowledging is done.
  const away = await newStack({
    processes: ['web'],
    env: { TEMPORAL_ADDRESS: `127.0.0.1:${await anyFreePort()}` },
  });
  await warmUp(floor.url);
  await warmUp(away.webUrl);
  for (let round = 1; round <= ROUNDS; round++) {
    await measure('floor', floor.url, round);
    await measure('away', away.webUrl, round);
  }
  await floor.close();
  await away.close();

  // Last: what it has acknowledged goes on being started, and would weigh on the others. No worker runs.
  const there = await newStack({ processes: ['web'] });
  await warmUp(there.webUrl);
  for (let round = 1; round <= ROUNDS; round++) await measure('there', there.webUrl, round);
  await there.close();

  const rate = (kind: keyof typeof loads) => spreadOf(loads[kind].map((load) => load.rate));
  /** Round by round: what else the machine does weighs on both alike. */
  const ratios = (kind: keyof typeof loads) => loads[kind].map(({ rate }, n) => rate / loads.floor[n]!.rate);
  const p99 = (kind: keyof typeof loads) => spreadOf(loads[kind].map((load) => load.p99Ms));
  const lines = (name: string, kind: 'away' | 'there', aim?: Line['aim']): Line[] => [
    {
      what: `acknowledged, ${name}`,
      ours: withSpread(rate(kind), '/s'),
      floor: withSpread(rate('floor'), '/s'),
      ratio: quantile(ratios(kind), 0.5),
      ...(aim && { aim }),
    },
    {
      what: `  p99, ${name}`,
      ours: withSpread(p99(kind), 'ms'),
      floor: withSpread(p99('floor'), 'ms'),
      ratio: p99(kind).median / p99('floor').median,
    },
  ];
  return {
    title: 'Acknowledge',
    lines: [...lines('Temporal away', 'away', { atLeast: 0.8 }), ...lines('Temporal there', 'there')],
    notes: [
      `${CONNECTIONS} connections, ${ROUNDS} rounds of ${MEASURED_S} s after a warm-up, median (min..max); a signed mail of ${figure(postMaker()().body.length)} bytes a post, no two alike.`,
      'Floor: a Koa that reads the form and makes one file durable; no signature, no mark. In turns with "Temporal away"; the ratio is the median of the rounds\' ratios.',
      'Temporal away is acknowledging alone. With Temporal there, the same cores also start a workflow a post meanwhile.',
    ],
  };
}

async function startFloorWeb(): Promise<{ url: string; close: () => Promise<void> }> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'postroom-floor-'));
  const remove = closeLater(() => rm(folder, { recursive: true, force: true }));
  const { ready, close } = await startFloor('floorWeb', [folder]);
  const url = `http://127.0.0.1:${(ready as { port: number }).port}`;
  return {
    url,
    close: async () => {
      await close();
      await remove();
    },
  };
}

async function warmUp(url: string): Promise<void> {
  const end = Date.now() + WARM_UP_AT_MOST_S * 1000;
  for (let posts = 0; posts < WARM_UP_POSTS && Date.now() < end;) posts += (await shoot(url, 2)).rate * 2;
}

/** @throws when a post is not acknowledged */
async function shoot(url: string, seconds: number): Promise<Load> {
  const nextPost = postMaker();
  const result = await autocannon({
    url,
    connections: CONNECTIONS,
    duration: seconds,
    requests: [
      {
        method: 'POST',
        path: INBOUND,
        headers: { 'Content-Type': FORM },
        setupRequest: (request) => ({ ...request, body: nextPost().body }),
      },
    ],
  });
  const failed = result.non2xx + result.errors + result.timeouts;
  if (failed > 0) throw new Error(`${failed} posts were not acknowledged`);
  return { rate: result['2xx'] / result.duration, p99Ms: result.latency.p99 };
}
