import { spawn } from 'node:child_process';
import path from 'node:path';
import { built } from './built.ts';

/** Runs a command of src/cli as it is in the image. @param env all that it gets, besides PATH */
export async function runCommand(
  name: 'backup' | 'restore' | 'migrate',
  args: string[],
  { cwd, env }: { cwd: string; env: Record<string, string> },
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [path.join(await built(), `src/cli/${name}.js`), ...args], {
    cwd,
    env: { PATH: process.env.PATH, ...env },
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout, stderr };
}
