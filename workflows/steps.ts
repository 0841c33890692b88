import {
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  proxyLocalActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type {
  MailActivities,
  ReplyActivities,
  SetUpActivities,
  SnoozeActivities,
} from '../activities/index.ts';
import { durableStep, localStep } from './policies.ts';

/**
 * A local step throws this when its work would hold up the other runs of the worker (activities/errors.ts).
 */
const TOO_HEAVY = 'TooHeavyForLocal';

/** Steps of a mail that touch only MongoDB and storage. */
export const mailSteps = () => localFirst() as Omit<MailActivities, 'fetchAttachments'>;
/** Steps of a reply that touch only MongoDB (`followReply` only while it does not ask the provider). */
export const replySteps = () =>
  localFirst() as Pick<ReplyActivities, 'takeReply' | 'resolveSendingEmail' | 'followReply'>;

/** The step of a snooze, which touches only MongoDB. */
export const snoozeSteps = () => localFirst() as SnoozeActivities;

/** Steps of a proof that touch only MongoDB. */
export const proofSteps = () => localFirst() as Pick<SetUpActivities, 'lookAtProof'>;

/**
 * Where normal activities wait, a run that is further goes before one that has just begun: else all runs of a
 * backlog would end late, at the same time.
 */
const FIRST = 1;
const LAST = 5;

type Step = (...args: unknown[]) => Promise<unknown>;

/**
 * Each step runs as a local activity; when that fails for a reason that may pass, the same step runs as a
 * normal activity, and so do all later ones of this run.
 */
function localFirst(): object {
  const local = proxyLocalActivities<Record<string, Step>>(localStep);
  const durable = (priorityKey: number) =>
    proxyActivities<Record<string, Step>>({ ...durableStep, priority: { priorityKey } });
  let useDurable = false;
  let done = 0;
  const step =
    (name: string): Step =>
    async (...args) => {
      done += 1;
      if (!useDurable) {
        try {
          return await local[name]!(...args);
        } catch (error) {
          if (!mayPass(error)) throw error;
          useDurable = true;
        }
      }
      return durable(Math.max(FIRST, LAST - done))[name]!(...args);
    };
  return new Proxy({}, { get: (_, name) => step(String(name)) });
}

/** Time-outs and faults are tried again as a normal activity; verdicts and cancellations are not. */
function mayPass(error: unknown): boolean {
  const cause = causeOf(error);
  if (cause instanceof ApplicationFailure) return !cause.nonRetryable || cause.type === TOO_HEAVY;
  return cause instanceof TimeoutFailure;
}

/** Why a step failed. The failure of a normal activity is wrapped, that of a local one is not. */
function causeOf(error: unknown): unknown {
  return error instanceof ActivityFailure ? error.cause : error;
}

/** Why a step ended that failed again and again (activities/errors.ts): step and code. Null = it did not. */
export function cannotPass(error: unknown): string | null {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === 'CannotPass' ? cause.message : null;
}

/** A later run owns the row now; what this run would write is out of date. */
export function isSuperseded(error: unknown): boolean {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === 'Superseded';
}
