import type { Say } from './engines/index.ts';

/**
 * Runs `work` once, at SIGTERM, Ctrl-C or a closed terminal, and ends the process.
 * @param withParent also when the process that started this one is gone: npm was killed, and nobody else would stop us
 */
export function stopOnSignals(work: () => Promise<void>, withParent: boolean, say: Say): void {
  let isStopping = false;
  const stop = async (why: string) => {
    if (isStopping) return;
    isStopping = true;
    say(`Stopping (${why}).`);
    await work();
    process.exit(0);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void stop(signal));
  if (!withParent) return;
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid !== parent) void stop('npm is gone');
  }, 500);
  look.unref();
}
