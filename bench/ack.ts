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

const ROUNDS = 5;
const CONNECTIONS = 32;
/** Until V8 has compiled the hot code: the first ten thousand posts cost twice as much as later ones. */
const WARM_UP_POSTS = 10_000;
const WARM_UP_AT_MOST_S = 10;
const MEASURED_S = 3;

interface Load {
  /** Acknowledged posts a second. */
  rate: number;
  p99Ms: number;
}

/** How fast posts are acknowledged, after a warm-up. */
export async function measureAck(): Promise<Section> {
  const loads = { floor: [] as Load[], away: [] as Load[], up: [] as Load[] };
  const measure = async (kind: keyof typeof loads, url: string, round: number): Promise<void> => {
    const result = await postFor(url, MEASURED_S);
    loads[kind].push(result);
    say(`ack ${round}/${ROUNDS} ${kind}: ${figure(result.rate)} /s, p99 ${result.p99Ms} ms`);
  };
  const floor = await startFloorWeb();
  // Nothing listens at Temporal's address, so web does nothing but acknowledge.
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

  // Last, because starting the acknowledged mails goes on and would slow down the others. No worker runs.
  const up = await newStack({ processes: ['web'] });
  await warmUp(up.webUrl);
  for (let round = 1; round <= ROUNDS; round++) await measure('up', up.webUrl, round);
  await up.close();

  const rate = (kind: keyof typeof loads) => spreadOf(loads[kind].map((load) => load.rate));
  /** Round by round: other work of the machine slows down both in the same way. */
  const ratios = (kind: keyof typeof loads) =>
    loads[kind].map((load, round) => load.rate / loads.floor[round]!.rate);
  const p99 = (kind: keyof typeof loads) => spreadOf(loads[kind].map((load) => load.p99Ms));
  const lines = (name: string, kind: 'away' | 'up', aim?: Line['aim']): Line[] => [
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
    lines: [...lines('Temporal away', 'away', { atLeast: 0.8 }), ...lines('Temporal up', 'up')],
    notes: [
      `${CONNECTIONS} connections, ${ROUNDS} rounds of ${MEASURED_S} s after a warm-up, median (min..max); each post is a different signed mail of ${figure(postMaker()().body.length)} bytes.`,
      'Floor: a Koa that reads the form and makes one file durable; it checks no signature and stores no mark. Measured in turns with "Temporal away"; the ratio is the median of the rounds\' ratios.',
      'With Temporal away, web only acknowledges. With Temporal up, the same cores also start a workflow for each post.',
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
  for (let posts = 0; posts < WARM_UP_POSTS && Date.now() < end;) posts += (await postFor(url, 2)).rate * 2;
}

/** @throws when a post is not acknowledged */
async function postFor(url: string, seconds: number): Promise<Load> {
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
