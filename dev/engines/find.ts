import { execFile } from 'node:child_process';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { summaryOf } from './output.ts';
import { isExecutable } from './tool.ts';

/** A program that must be installed, under any of these names, in a suitable version. */
export interface Tool {
  /** As people call it. */
  name: string;
  /** Its names on the PATH, in the order in which they are tried. */
  commands: readonly string[];
  /** Arguments with which it prints its version and ends with exit code 0. */
  ask: readonly string[];
  /** Lowest suitable version. */
  atLeast?: string;
  /** Lowest version that is too new. */
  below?: string;
}

export interface FoundTool {
  run: string;
  /** Null when its output names none. */
  version: string | null;
}

/**
 * A program that prints nothing for this long does not run (ms). A busy machine takes seconds to start Java.
 */
const ANSWERS_WITHIN_MS = 20_000;

/**
 * The first program on the PATH that runs and whose version is suitable. Being on the PATH proves nothing:
 * pyenv, for example, has a `python3.13` there that ends with 127 when that version is not enabled.
 * @param refused called with a sentence for each candidate that was skipped
 */
export async function findTool(
  tool: Tool,
  env: NodeJS.ProcessEnv,
  refused: (why: string) => void = () => undefined,
): Promise<FoundTool | null> {
  for (const run of tool.commands.flatMap((command) => allOnPath(command, env))) {
    const found = await askVersion(run, tool, env);
    if (typeof found !== 'string') return found;
    refused(found);
  }
  return null;
}

/** @returns how it can be run, or a sentence that says why it is not suitable */
export async function askVersion(
  run: string,
  tool: Pick<Tool, 'ask' | 'atLeast' | 'below'>,
  env: NodeJS.ProcessEnv,
): Promise<FoundTool | string> {
  const { failed, output } = await outputOf(run, tool.ask, env);
  if (failed) return `${run} does not run (${failed}: ${summaryOf(output)})`;
  const version = /\d+(\.\d+)+/.exec(output)?.[0] ?? null;
  if (version && tool.atLeast && compareVersions(version, tool.atLeast) < 0)
    return `${run} is ${version}, and ${tool.atLeast} or later is needed`;
  if (version && tool.below && compareVersions(version, tool.below) >= 0)
    return `${run} is ${version}, and one below ${tool.below} is needed`;
  return { run, version };
}

/** Full paths of a command, in the order of the PATH; each file once, even if links lead to it. */
function allOnPath(command: string, env: NodeJS.ProcessEnv): string[] {
  const byRealPath = new Map<string, string>();
  for (const folder of (env.PATH ?? '').split(path.delimiter).filter(Boolean)) {
    const file = path.join(folder, command);
    if (!isExecutable(file)) continue;
    const real = realpathSync(file);
    if (!byRealPath.has(real)) byRealPath.set(real, file);
  }
  return [...byRealPath.values()];
}

function outputOf(
  run: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ failed: string | null; output: string }> {
  const options = { env, timeout: ANSWERS_WITHIN_MS, killSignal: 'SIGKILL' as const };
  return new Promise((resolve) => {
    const child = execFile(run, args, options, (error, stdout, stderr) => {
      const code = error && (typeof error.code === 'number' ? `exit code ${error.code}` : error.code);
      const failed = error && (error.killed ? `no answer in ${ANSWERS_WITHIN_MS / 1000} s` : code);
      resolve({ failed: error && (failed ?? error.message), output: stdout + stderr });
    });
    child.stdin?.end();
  });
}

/** Below 0 when the first is the older one. */
function compareVersions(one: string, other: string): number {
  const [left, right] = [one, other].map((version) => version.split('.').map(Number)) as [number[], number[]];
  for (let part = 0; part < Math.max(left.length, right.length); part += 1) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
