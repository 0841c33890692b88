import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { mongoUri } from '../test/support/mongodb.ts';
import { temporalAddress } from '../test/support/temporal.ts';
import type { Stack } from '../test/support/stack.ts';
import { until } from '../test/support/until.ts';
import { quiet } from './mails.ts';
import { atOnce, postMaker, send } from './posts.ts';
import { figure, say, type Line, type Section } from './report.ts';
import { newStack } from './stack.ts';
import { newTickets, postReply } from './tickets.ts';

const WARM_UP = 100;
const COUNT = 200;
/** In flight at one time: the processes are busy, and no queue forms. */
const WIDTH = 4;
/** Linux counts the time of processes in these (USER_HZ). */
const TICK_MS = 10;

const PROCESSES = ['web', 'worker', 'temporal', 'database'] as const;
type Process = (typeof PROCESSES)[number];
type Spent = Record<Process, number>;

/**
 * What one mail and one reply cost: CPU of each process, commands of the database, events of Temporal. With `PROFILE` web and
 * worker write CPU profiles into that folder (`.cpuprofile`: Chrome's DevTools and speedscope.app show them as flame graphs).
 */
export async function measureCost(): Promise<Section> {
  const title = 'Cost of a mail and of a reply';
  if (!existsSync('/proc/self/stat'))
    return { title, lines: [], notes: ['Not measured: it needs Linux (/proc).'] };
  const { PROFILE } = process.env;
  if (PROFILE) await mkdir(PROFILE, { recursive: true });
  const profiled = { NODE_OPTIONS: `--import ${new URL('./profile.js', import.meta.url).href}` };
  const stack = await newStack(PROFILE ? { env: profiled } : {});
  const nextPost = postMaker();
  const tickets = await newTickets(stack, WARM_UP);
  const mails = await cost(stack, 'mail', () =>
    atOnce(COUNT, WIDTH, async () => {
      const post = nextPost();
      await send(stack.webUrl, post);
      await routed(stack, post.messageId);
    }),
  );
  const replies = await cost(stack, 'reply', () =>
    atOnce(COUNT, WIDTH, async (index) => {
      const id = await postReply(stack, tickets[index % tickets.length]!, { undo_seconds: 0 });
      await delivered(stack, id);
    }),
  );
  await stack.close();
  return {
    title,
    lines: [...mails, ...replies],
    notes: [
      `CPU of ${COUNT} each, ${WIDTH} in flight, until nothing of them runs any more: what follows a mail (events, notifications) and a reply (delivery events) is in it.`,
      'The polls that the measurement itself makes are in the figures of the database.',
    ],
  };
}

const routed = (stack: Stack, messageId: string) =>
  until('the mail', async () => (await stack.messages(messageId)).length > 0, 60_000);

const delivered = (stack: Stack, messageId: string) =>
  until('the reply', async () => (await stack.messages(messageId))[0]?.state === 'delivered', 60_000);

async function cost(stack: Stack, what: string, act: () => Promise<void>): Promise<Line[]> {
  await quiet(stack);
  const [before, commandsBefore] = [spentBy(stack), await commands(stack)];
  await act();
  await quiet(stack);
  const [after, commandsAfter] = [spentBy(stack), await commands(stack)];
  const ms = Object.fromEntries(
    PROCESSES.map((name) => [name, (after[name] - before[name]) / COUNT]),
  ) as Spent;
  const all = PROCESSES.reduce((sum, name) => sum + ms[name], 0);
  const each = PROCESSES.map((name) => `${name} ${figure(ms[name])}`).join(', ');
  const line = { what: `a ${what}: CPU`, ours: `${figure(all)} ms (${each})` };
  say(`${line.what}: ${line.ours}`);
  return [
    line,
    { what: '  commands of the database', ours: figure((commandsAfter - commandsBefore) / COUNT) },
    { what: '  events of its run', ours: figure(await eventsOf(stack, what)) },
  ];
}

async function commands({ models }: Stack): Promise<number> {
  const { opcounters } = (await models.connection.db!.admin().serverStatus()) as {
    opcounters: Record<string, number>;
  };
  return Object.values(opcounters).reduce((sum, count) => sum + count, 0);
}

/** How long the history of a run is, the mean of some. */
async function eventsOf({ client }: Stack, what: string): Promise<number> {
  const type = what === 'mail' ? 'inboundEmail' : 'sendReply';
  const lengths: number[] = [];
  for await (const run of client.workflow.list({ query: `WorkflowType = '${type}'`, pageSize: 20 })) {
    lengths.push(run.historyLength);
    if (lengths.length === 20) break;
  }
  return lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
}

/** CPU time since each process began (ms). */
function spentBy(stack: Stack): Spent {
  return {
    web: cpuOf(stack.pid('web')!),
    worker: cpuOf(stack.pid('worker')!),
    temporal: cpuOf(listening(Number(temporalAddress().split(':')[1]))),
    database: cpuOf(listening(Number(new URL(mongoUri()).port))),
  };
}

function cpuOf(pid: number): number {
  // The second field is the program's name, in brackets.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** The process that listens on a port of this machine. */
function listening(port: number): number {
  const hex = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .map((text) => text.trim().split(/\s+/))
    .find(([, local, , state]) => local?.endsWith(hex) && state === '0A');
  const socket = `socket:[${line?.[9]}]`;
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && holds(name, socket));
  if (pid === undefined) throw new Error(`nothing listens on port ${port}`);
  return Number(pid);
}

function holds(pid: string, socket: string): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`) === socket);
  } catch {
    // It has ended, or is somebody else's.
    return false;
  }
}
