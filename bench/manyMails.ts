import { existsSync } from 'node:fs';
import { anyFreePort } from '../dev/engines/ports.ts';
import type { Stack } from '../test/support/stack.ts';
import { routed, untilRouted } from './backlog.ts';
import { memoryOf } from './memory.ts';
import { atOnce, postMaker, send } from './posts.ts';
import { figure, say, type Line, type Section } from './report.ts';
import { MAILS } from './settings.ts';
import { newStack } from './stack.ts';

const NAMES = ['worker', 'web'] as const;
/** Memory is read after each of so many parts of the mails. */
const PARTS = 10;
/** By then caches and the heap have their size. */
const SETTLED_AFTER = 2;
const WIDTH = 8;
const DEAD_ENDPOINTS = 10;
const WORKER_MIB = 400;

/** Memory of web and worker over many mails, whose events go to endpoints that refuse. */
export async function measureManyMails(): Promise<Section> {
  const title = `Memory over ${figure(MAILS)} mails, with ${DEAD_ENDPOINTS} dead endpoints`;
  if (!existsSync('/proc/self/status'))
    return { title, lines: [], notes: ['Not measured: it needs Linux (/proc).'] };
  const stack = await newStack({ env: { WEBHOOKS_ALLOW_LOOPBACK: '1' } });
  await addDeadEndpoints(stack);
  const nextPost = postMaker();
  const used = { worker: [] as number[], web: [] as number[] };
  let posted = 0;
  for (let part = 1; part <= PARTS; part += 1) {
    const count = Math.round((MAILS * part) / PARTS) - posted;
    await atOnce(count, WIDTH, () => send(stack.webUrl, nextPost()));
    posted += count;
    await untilRouted(stack, posted);
    for (const name of NAMES) used[name].push(await memoryOf(stack.pid(name)!, 'VmRSS'));
    const now = NAMES.map((name) => `${name} ${figure(used[name].at(-1)!)} MiB`).join(', ');
    say(`many-mails: after ${figure(posted)}: ${now}`);
  }
  const missing = posted - (await routed(stack));
  const peaks = { worker: 0, web: 0 };
  for (const name of NAMES) peaks[name] = await memoryOf(stack.pid(name)!, 'VmHWM');
  await stack.close();
  const worker = used.worker.at(-1)!;
  return {
    title,
    lines: [
      {
        what: 'worker, at the end',
        ours: `${figure(worker)} MiB, at most ${figure(peaks.worker)}`,
        target: { reached: worker, atMost: WORKER_MIB, unit: 'MiB' },
      },
      growth('worker', used.worker),
      { what: 'web, at the end', ours: `${figure(used.web.at(-1)!)} MiB, at most ${figure(peaks.web)}` },
      growth('web', used.web),
      {
        what: 'mails that did not arrive',
        ours: figure(missing),
        target: { reached: missing, atMost: 0, unit: '' },
      },
    ],
    notes: [
      `VmRSS after each tenth, when all of it is routed; ${WIDTH} posts at one time. MAILS sets how many mails.`,
    ],
  };
}

/** From the time when caches and heap had their size until the end. */
function growth(name: string, used: number[]): Line {
  const settled = used[SETTLED_AFTER - 1]!;
  return {
    what: `  ${name}, compared with ${figure((MAILS * SETTLED_AFTER) / PARTS)} mails`,
    ours: `${figure(used.at(-1)!)} MiB`,
    floor: `${figure(settled)} MiB`,
    ratio: used.at(-1)! / settled,
    aim: { atMost: 1.2 },
  };
}

async function addDeadEndpoints(stack: Stack): Promise<void> {
  const url = `http://127.0.0.1:${await anyFreePort()}/hook`;
  await atOnce(DEAD_ENDPOINTS, 1, async (index) => {
    const body = { url: `${url}?${index}`, events: ['ticket.created'] };
    const { status } = await stack.request('POST', 'webhooks', body);
    if (status !== 201) throw new Error(`an endpoint was answered ${status}`);
  });
}
