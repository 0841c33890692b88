import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { closeLater } from './cleanUp.ts';

/**
 * Starts the process of a floor, `bench/<name>.ts`. It sends one message when it is ready, and ends on
 * SIGTERM.
 * @returns its message
 */
export async function startFloor(
  name: string,
  args: string[],
): Promise<{ ready: unknown; close: () => Promise<void> }> {
  const file = fileURLToPath(new URL(`${name}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...args], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = once(child, 'exit');
  const close = closeLater(async () => {
    child.kill();
    await exited;
  });
  const ready = await Promise.race([
    once(child, 'message').then(([message]) => message as unknown),
    exited.then(() => Promise.reject(new Error(`${name} ended before it was ready`))),
  ]);
  return { ready, close };
}
