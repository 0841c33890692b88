import { activityInfo } from '@temporalio/activity';

type Steps = Record<string, (...args: never[]) => Promise<unknown>>;
/** What each call of a step gives, in order (the last one stays); an error is thrown. */
export type Script<Activities> = {
  [Name in keyof Activities]?: (
    (Activities[Name] extends (...args: never[]) => Promise<infer Result> ? Result : never) | Error
  )[];
};

/** Activities that play a script; `calls` tells which step was called, and with what beside the ids. */
export function play<Activities extends object>(
  goesWell: Required<Script<Activities>>,
  script: Script<Activities>,
): { activities: Activities; calls: string[] } {
  const calls: string[] = [];
  const told = Object.entries<unknown>({ ...goesWell, ...script }) as [string, unknown[]][];
  const steps: Steps = {};
  for (const [name, results] of told) {
    let n = 0;
    steps[name] = async (_run: unknown, ...args: unknown[]): Promise<unknown> => {
      const said = args.map((arg) => ` ${JSON.stringify(arg)}`).join('');
      calls.push(`${name}${said}${activityInfo().isLocal ? '' : ', normal'}`);
      const result = results[Math.min(n++, results.length - 1)];
      if (result instanceof Error) throw result;
      return result;
    };
  }
  return { activities: steps as Activities, calls };
}

/**
 * One worker can run every path of a file: a step is played by the script of the run whose id it is given.
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
