/**
 * `npm run bench [-- ack|mails|thread|memory …]`: Postroom against floors that are measured in the same run, in turns, on
 * the same machine and engines. Ends with 1 when an aim is missed.
 */
import os from 'node:os';
import globalSetup from '../test/support/globalSetup.ts';
import globalTeardown from '../test/support/globalTeardown.ts';
import { measureAck } from './ack.ts';
import { closeAll, closeLater } from './cleanUp.ts';
import { measureMails } from './mails.ts';
import { measureMemory } from './memory.ts';
import { isReached, printSection, say } from './report.ts';
import { measureThread } from './thread.ts';

const parts = { ack: measureAck, mails: measureMails, thread: measureThread, memory: measureMemory };
const names = Object.keys(parts) as (keyof typeof parts)[];
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in parts));
if (unknown.length > 0) {
  say(`There is no part "${unknown.join(' ')}"; there are ${names.join(', ')}.`);
  process.exit(1);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void closeAll().finally(() => process.exit(1)));

const started = Date.now();
try {
  closeLater(globalTeardown);
  await globalSetup();
  printHead();
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
} finally {
  await closeAll();
}
process.exit();

function printHead(): void {
  const cpus = os.cpus();
  process.stdout.write(
    `Postroom against its floors, on ${cpus.length} x ${cpus[0]?.model.trim()}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, ` +
      `Node ${process.versions.node}, load ${os.loadavg()[0]!.toFixed(1)}.\n` +
      `Temporal at ${process.env.TEST_TEMPORAL_ADDRESS}, MongoDB at ${new URL(process.env.TEST_MONGODB_URI!).host}, storage in ${os.tmpdir()}.\n` +
      'Look at the ratios. The figures are those of engines for development (one process each, on the cores that are measured), and no promise.\n',
  );
}
