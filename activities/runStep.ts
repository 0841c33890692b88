import { asyncLocalStorage as activities, heartbeat, type Info } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { withJitter } from '../src/lib/backOff.ts';
import { withLogFields } from '../src/infra/telemetry/logContext.ts';
import { observeStep, type StepResult } from '../src/infra/telemetry/metrics.ts';
import type { Deps } from './deps.ts';
import { giveUp, isOfEngines, isVerdict, TooHeavyForLocal, translate } from './errors.ts';

/**
 * How long a local try may take (ms): while it runs it holds up other runs of the worker. Its work is not given
 * up then: it goes on, and the same step as a normal activity waits for its end.
 */
const LOCAL_MS = 1_500;
/** Work of local tries that took too long, by run, step and arguments. */
const goingOn = new Map<string, Promise<unknown>>();

/** How a step runs as an activity. */
export interface StepOptions {
  /**
   * It asks only our engines, and workflows/steps.ts runs it as a local activity first. So its time shows how
   * much the engines take (src/lib/pace.ts).
   */
  localFirst?: boolean;
  /** It ends for good when it fails again and again on something that cannot pass (errors.ts). */
  givesUp?: boolean;
  /** It calls `heartbeat` itself, to show progress. By default heartbeats show that the worker lives. */
  ownHeartbeats?: boolean;
}

/** One try of a step: its time-out and heartbeats, what it says of the engines, its log fields and metrics. */
export function runStep<Args extends unknown[], Result>(
  name: string,
  { log, pace }: Pick<Deps, 'log' | 'pace'>,
  work: (...args: Args) => Promise<Result>,
  args: Args,
  options: StepOptions = {},
): Promise<Result> {
  const info = activities.getStore()?.info;
  const paced = options.localFirst ? pace : undefined;
  return withLogFields(idsOfRun(info), async () => {
    const began = performance.now();
    const observe = (result: StepResult) => {
      const ms = performance.now() - began;
      observeStep(name, result, ms / 1000);
      log.debug({ step: name, result, ms: Math.round(ms) }, 'a step was tried');
      return ms;
    };
    if (info && info.attempt > 1 && paced?.mayRetry() === false) throw retryLater(name, info);
    try {
      const result = await inTime(name, work, args, info, options);
      paced?.note({ ms: observe('done'), failed: false });
      return result;
    } catch (error) {
      const translated = translate(error, name, log, retryMsOf(info));
      const failure = options.givesUp ? giveUp(translated, error, info?.attempt ?? 1) : translated;
      const ms = observe(isVerdict(failure) ? 'verdict' : 'again');
      if (isOfEngines(error)) paced?.note({ ms, failed: true });
      throw failure;
    }
  });
}

/** Runs the work, or waits for the end of what a local try has begun. */
function inTime<Args extends unknown[], Result>(
  name: string,
  work: (...args: Args) => Promise<Result>,
  args: Args,
  info: Info | undefined,
  { localFirst, ownHeartbeats }: StepOptions,
): Promise<Result> {
  if (!info || !localFirst) return whileAlive(work(...args), ownHeartbeats ? undefined : info);
  const key = JSON.stringify([info.workflowExecution, name, args]);
  if (info.isLocal) return withinLocalTime(work(...args), key);
  const begun = goingOn.get(key) as Promise<Result> | undefined;
  return whileAlive(begun?.catch(() => work(...args)) ?? work(...args), info);
}

/** The engines are slow, and have enough to do without this try. */
const retryLater = (step: string, info: Info): ApplicationFailure =>
  ApplicationFailure.create({
    message: `${step}: RetryLater`,
    type: 'RetryLater',
    nextRetryDelay: retryMsOf(info),
  });

/** As the server names a retry policy: whole, and in ms. */
interface Policy {
  initialInterval: number;
  backoffCoefficient: number;
  maximumInterval: number;
}

/**
 * When to try again (ms): as the retry policy says, or up to twice as early. Runs that failed together must not
 * come back together. A local activity is tried again at once, and then as a normal one.
 */
function retryMsOf(info: Info | undefined): number | undefined {
  if (!info?.retryPolicy || info.isLocal) return undefined;
  const {
    initialInterval: firstMs,
    backoffCoefficient,
    maximumInterval: longestMs,
  } = info.retryPolicy as Policy;
  const ms = Math.min(firstMs * backoffCoefficient ** Math.min(info.attempt - 1, 30), longestMs);
  return withJitter(ms);
}

/** @throws TooHeavyForLocal after `LOCAL_MS`; then the work is kept under `key` until it ends. */
async function withinLocalTime<Result>(work: Promise<Result>, key: string): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      goingOn.set(key, work);
      const forget = () => void goingOn.delete(key);
      work.then(forget, forget);
      reject(new TooHeavyForLocal({ isLate: true }));
    }, LOCAL_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Heartbeats until the work ends, so that only a worker that died is noticed, however slow the engines are. */
async function whileAlive<Result>(work: Promise<Result>, info: Info | undefined): Promise<Result> {
  if (!info?.heartbeatTimeoutMs) return work;
  const alive = setInterval(() => heartbeat(), info.heartbeatTimeoutMs / 4);
  return work.finally(() => clearInterval(alive));
}

/** The workflow's id contains the id of the mail or message. */
function idsOfRun(info: Info | undefined): Record<string, string> {
  const workflowId = info?.workflowExecution?.workflowId;
  return workflowId === undefined ? {} : { workflow_id: workflowId };
}
