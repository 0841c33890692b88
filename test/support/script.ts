import { activityInfo } from '@temporalio/activity';

type Steps = Record<string, (...args: never[]) => Promise<unknown>>;
/** The results of each step's calls, in order; the last one is repeated. An error is thrown. */
export type Script<Activities> = {
  [Name in keyof Activities]?: (
    (Activities[Name] extends (...args: never[]) => Promise<infer Result> ? Result : never) | Error
  )[];
};

/** Activities that play a script; `calls` records which step was called, and its arguments except the ids. */
export function play<Activities extends object>(
  success: Required<Script<Activities>>,
  script: Script<Activities>,
): { activities: Activities; calls: string[] } {
  const calls: string[] = [];
  const planned = Object.entries<unknown>({ ...success, ...script }) as [string, unknown[]][];
  const steps: Steps = {};
  for (const [name, results] of planned) {
    let count = 0;
    steps[name] = async (_run: unknown, ...args: unknown[]): Promise<unknown> => {
      const shown = args.map((arg) => ` ${JSON.stringify(arg)}`).join('');
      calls.push(`${name}${shown}${activityInfo().isLocal ? '' : ', normal'}`);
      const result = results[Math.min(count++, results.length - 1)];
      if (result instanceof Error) throw result;
      return result;
    };
  }
  return { activities: steps as Activities, calls };
}

/**
 * One worker can run every path of a file: each step uses the script of the run whose id it is given.
 * @param sample has every step
 */
export function stepsByRun<Activities extends object>(
  sample: Activities,
): { activities: Activities; scripts: Map<string, Activities> } {
  const scripts = new Map<string, Activities>();
  const steps: Steps = {};
  for (const name of Object.keys(sample))
    steps[name] = async (run: { id: string }, ...args: unknown[]): Promise<unknown> => {
      const script = scripts.get(run.id) as Record<string, (...args: unknown[]) => unknown> | undefined;
      return script![name]!(run, ...args);
    };
  return { activities: steps as Activities, scripts };
}
