import {
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  proxyLocalActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import { durableStep, localStep } from './policies.ts';

/** A local step asks for this when it sees that its work is too heavy to be done beside others (activities/errors.ts). */
const TOO_HEAVY = 'TooHeavyForLocal';

/**
 * The steps that touch only MongoDB and storage. Each runs as a local activity; when that fails for a reason that may
 * pass, the same step runs as a normal activity, and so do all later ones of this run.
 */
export function mailSteps(): Omit<Activities, 'fetchAttachments'> {
  const local = proxyLocalActivities<Activities>(localStep);
  const durable = proxyActivities<Activities>(durableStep);
  let fallenOver = false;
  const step =
    (name: keyof Activities) =>
    async (...args: never[]): Promise<unknown> => {
      const run = (steps: Activities) => (steps[name] as (...a: never[]) => Promise<unknown>)(...args);
      if (!fallenOver) {
        try {
          return await run(local);
        } catch (error) {
          if (!mayPass(error)) throw error;
          fallenOver = true;
        }
      }
      return run(durable);
    };
  return {
    archiveEmail: step('archiveEmail'),
    resolveForwarding: step('resolveForwarding'),
    classifyEmail: step('classifyEmail'),
    routeEmail: step('routeEmail'),
    matchContact: step('matchContact'),
    recordMessage: step('recordMessage'),
    skipEmail: step('skipEmail'),
    holdEmail: step('holdEmail'),
  } as Omit<Activities, 'fetchAttachments'>;
}

/** Verdicts and cancellation do not fall over to a normal activity; time-outs and faults do. */
function mayPass(error: unknown): boolean {
  const cause = causeOf(error);
  if (cause instanceof ApplicationFailure) return !cause.nonRetryable || cause.type === TOO_HEAVY;
  return cause instanceof TimeoutFailure;
}

/** What a step failed of: a failed local activity comes as it is, a normal one wrapped. */
export function causeOf(error: unknown): unknown {
  return error instanceof ActivityFailure ? error.cause : error;
}
