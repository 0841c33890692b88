/**
 * `npm run bench [-- ack|mails|replies|cost|waiting|thread|memory|api|webhooks|
 * endpoints|overload|fairness|dashboard …]`: compares Postroom
 * with floors, which are measured in the same run, in turns, on the same machine and engines. Exit code 1: an
 * aim was missed.
 */
import os from 'node:os';
import { mongoUri } from '../test/support/mongodb.ts';
import globalTeardown from '../test/support/globalTeardown.ts';
import { temporalAddress } from '../test/support/temporal.ts';
import { measureAck } from './ack.ts';
import { measureApi } from './api.ts';
import { closeAll, closeLater } from './cleanUp.ts';
import { measureCost } from './cost.ts';
import { measureDashboard } from './dashboard.ts';
import { measureEndpoints } from './endpoints.ts';
import { engineVersions } from './engineVersions.ts';
import { measureFairness } from './fairness.ts';
import { measureMails } from './mails.ts';
import { measureMemory } from './memory.ts';
import { measureOverload } from './overload.ts';
import { measureReplies } from './replies.ts';
import { isReached, printSection, say } from './report.ts';
import { measureThread } from './thread.ts';
import { measureWaiting } from './waiting.ts';
import { measureWebhooks } from './webhooks.ts';

const parts = {
  ack: measureAck,
  mails: measureMails,
  replies: measureReplies,
  cost: measureCost,
  waiting: measureWaiting,
  thread: measureThread,
  memory: measureMemory,
  api: measureApi,
  webhooks: measureWebhooks,
  endpoints: measureEndpoints,
  overload: measureOverload,
  fairness: measureFairness,
  dashboard: measureDashboard,
};
const names = Object.keys(parts) as (keyof typeof parts)[];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in parts));
if (unknown.length > 0) {
  say(`There is no part "${unknown.join(' ')}". The parts are ${names.join(', ')}.`);
  process.exit(1);
}

const interrupted = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
}).then(() => {
  // The engines stop under the running measurement now, so its errors mean nothing.
  process.on('uncaughtException', () => undefined);
  process.exitCode = 1;
  say('interrupted; stopping everything …');
});
try {
  await Promise.race([measureAll(), interrupted]);
} finally {
  await closeAll();
}
process.exit();

async function measureAll(): Promise<void> {
  const started = Date.now();
  closeLater(globalTeardown);
  await printHead();
  let missed = 0;
  for (const name of names.filter((part) => asked.length === 0 || asked.includes(part))) {
    say(`${name} …`);
    const section = await parts[name]();
    printSection(section);
    missed += section.lines.filter((line) => !isReached(line)).length;
  }
  const seconds = Math.round((Date.now() - started) / 1000);
  process.stdout.write(
    `\n${missed === 0 ? 'Every aim was reached' : `${missed} aims were missed`}; it took ${seconds} s.\n`,
  );
  process.exitCode = missed === 0 ? 0 : 1;
}

async function printHead(): Promise<void> {
  const cpus = os.cpus();
  const { temporal, mongodb } = await engineVersions();
  process.stdout.write(
    `Postroom compared with its floors, on ${cpus.length} x ${cpus[0]?.model.trim()}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ` +
      `Node ${process.versions.node}, load ${os.loadavg()[0]!.toFixed(1)}.\n` +
      `Temporal ${temporal} at ${temporalAddress()}, MongoDB ${mongodb} at ${new URL(mongoUri()).host}, storage in ${os.tmpdir()}.\n` +
      'Look at the ratios. The figures promise nothing: the engines are those for development, ' +
      'one process each, on the same cores.\n',
  );
}
