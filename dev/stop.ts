import type { Say } from './engines/index.ts';

/**
 * At SIGTERM, Ctrl-C or when the terminal is closed: runs `shutDown` once, then ends the process.
 * @param withParent also when the parent process has ended: npm was killed, and no signal will come
 */
export function stopOnSignals(shutDown: () => Promise<void>, withParent: boolean, say: Say): void {
  let isStopping = false;
  const stop = async (reason: string) => {
    if (isStopping) return;
    isStopping = true;
    say(`Stopping (${reason}).`);
    await shutDown();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
  if (!withParent) return;
  const parent = process.ppid;
  const watching = setInterval(() => {
    if (process.ppid !== parent) void stop('npm has ended');
  }, 500);
  watching.unref();
}
