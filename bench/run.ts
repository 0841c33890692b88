/**
 * `npm run bench [-- part …]`: compares Postroom with floors, which are measured in the same run, in turns, on the same
 * machine and engines. Without a part: all short ones. `long`: all that take longer (docs/measuring.md). Exit code 1: an
 * aim was missed.
 */
import os from 'node:os';
import { mongoUri } from '../test/support/mongodb.ts';
import globalTeardown from '../test/support/globalTeardown.ts';
import { temporalAddress } from '../test/support/temporal.ts';
import { measureAck } from './ack.ts';
import { measureApi, measureManyMessages } from './api.ts';
import { closeAll, closeLater, openNow } from './cleanUp.ts';
import { measureCost } from './cost.ts';
import { measureDashboard } from './dashboard.ts';
import { measureEndpoints } from './endpoints.ts';
import { engineVersions } from './engineVersions.ts';
import { measureFairness } from './fairness.ts';
import { measureMails } from './mails.ts';
import { measureManyMails } from './manyMails.ts';
import { measureMemory } from './memory.ts';
import { measureOutage } from './outage.ts';
import { measureOverload } from './overload.ts';
import { measureReplies } from './replies.ts';
import { figure, isReached, printTable, say, saySection, type Part, type Section } from './report.ts';
import { measureThread } from './thread.ts';
import { measureWaiting } from './waiting.ts';
import { measureWebhooks } from './webhooks.ts';

/** In this order: those that other work of the machine disturbs most come first. */
const short = {
  ack: measureAck,
  mails: measureMails,
  replies: measureReplies,
  cost: measureCost,
  fairness: measureFairness,
  waiting: measureWaiting,
  thread: measureThread,
  dashboard: measureDashboard,
  webhooks: measureWebhooks,
  endpoints: measureEndpoints,
  api: measureApi,
  memory: measureMemory,
  overload: measureOverload,
};
const long = {
  outage: measureOutage,
  'many-messages': measureManyMessages,
  'many-mails': measureManyMails,
};
/** All short parts together (s). */
const AT_MOST_S = 20 * 60;

type Measure = () => Promise<Section>;
const parts: Record<string, Measure> = { ...short, ...long };
const groups: Record<string, string[]> = { short: Object.keys(short), long: Object.keys(long) };

const args = process.argv.slice(2);
const wanted = (args.length === 0 ? ['short'] : args).flatMap((name) => groups[name] ?? [name]);
const unknown = wanted.filter((name) => !Object.hasOwn(parts, name));
if (unknown.length > 0) {
  say(
    `There is no part "${unknown.join(' ')}". The parts are ${Object.keys(short).join(', ')}; ` +
      `those of "long" are ${Object.keys(long).join(', ')}.`,
  );
  process.exit(1);
}

const measured: Part[] = [];
const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
}).then(() => {
  // The engines stop under the running measurement now, so its errors mean nothing.
  process.on('uncaughtException', () => undefined);
  process.exitCode = 1;
  say('interrupted; stopping everything …');
  printTable(measured);
});
try {
  await Promise.race([measureAll(), interrupted]);
} finally {
  await closeAll();
}
process.exit();

async function measureAll(): Promise<void> {
  const started = performance.now();
  closeLater(globalTeardown);
  await printHead();
  for (const name of wanted) {
    say(`${name} …`);
    const from = performance.now();
    const section = await measure(name);
    measured.push({ name, section, seconds: secondsSince(from) });
    saySection(section);
  }
  const seconds = secondsSince(started);
  if (args.length === 0) measured.push(timeOf(seconds));
  printTable(measured);
  const missed = measured.flatMap(({ section }) => section.lines).filter((line) => !isReached(line)).length;
  process.stdout.write(
    `\n${missed === 0 ? 'Every aim was reached' : `${missed} aims were missed`}; it took ${figure(seconds)} s.\n`,
  );
  process.exitCode = missed === 0 ? 0 : 1;
}

/** A part that fails is missed, and says why; the others are still measured. */
async function measure(name: string): Promise<Section> {
  const before = openNow();
  try {
    return await parts[name]!();
  } catch (error) {
    if (process.exitCode === undefined)
      say(`${name}: ${error instanceof Error ? error.stack : String(error)}`);
    await closeAll(before);
    const target = { reached: Infinity, atMost: 0, unit: '' };
    return {
      title: 'Not measured',
      lines: [{ what: 'not measured', ours: '', target }],
      notes: [String(error)],
    };
  }
}

function timeOf(seconds: number): Part {
  const line = {
    what: 'all short parts',
    ours: `${figure(seconds)} s`,
    target: { reached: seconds, atMost: AT_MOST_S, unit: 's' },
  };
  return { name: 'time', section: { title: 'How long all of it took', lines: [line], notes: [] }, seconds };
}

// A function: a constant below the first `await` of this file would not exist yet.
function secondsSince(from: number): number {
  return Math.round((performance.now() - from) / 1000);
}

async function printHead(): Promise<void> {
  const cpus = os.cpus();
  const { temporal, mongodb } = await engineVersions();
  process.stdout.write(
    `Postroom compared with its floors, on ${cpus.length} x ${cpus[0]?.model.trim()}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ` +
      `Node ${process.versions.node}, load ${os.loadavg()[0]!.toFixed(1)}, ${new Date().toISOString().slice(0, 16)}Z.\n` +
      `Temporal ${temporal} at ${temporalAddress()}, MongoDB ${mongodb} at ${new URL(mongoUri()).host}, storage in ${os.tmpdir()}.\n` +
      'Look at the ratios. The figures promise nothing: the engines are those for development, ' +
      'one process each, on the same cores.\n',
  );
}
