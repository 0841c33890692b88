import path from 'node:path';
import { pause, startChild, type Child } from './child.ts';
import { endOf, summaryOfLog } from './output.ts';
import { EngineError } from './tool.ts';

/** A server that runs as a child of this process. */
export interface Engine {
  readonly name: string;
  readonly child: Child;
}

interface Start {
  name: string;
  command: string;
  args: readonly string[];
  /** Folder for the engine's log. */
  dataDir: string;
  env?: NodeJS.ProcessEnv;
  /** Resolves true when the engine can be used. */
  ready: () => Promise<boolean>;
}

/** An engine that is not up by then has failed (ms). It may have to read old data first. */
const UP_WITHIN_MS = 60_000;

/** Starts an engine and waits until it can be used. @throws EngineError when it ends or does not answer */
export async function startEngine({ name, command, args, dataDir, env, ready }: Start): Promise<Engine> {
  const logFile = path.join(dataDir, `${name.toLowerCase()}.log`);
  const from = endOf(logFile);
  const child = startChild({ command, args, logFile, env, graceSeconds: 10 });
  const deadline = Date.now() + UP_WITHIN_MS;
  while (!(await ready().catch(() => false))) {
    if (!child.running())
      throw new EngineError(
        `${name} ended with ${await child.exited} when it was started: ${summaryOfLog(logFile, from)}. ` +
          `The whole log is in ${logFile}.`,
      );
    if (Date.now() > deadline) {
      await child.stop();
      throw new EngineError(
        `${name} did not answer within ${UP_WITHIN_MS / 1000} s. Its log is in ${logFile}.`,
      );
    }
    await pause(50);
  }
  return { name, child };
}
