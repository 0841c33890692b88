import {
  ActivityFailure,
  ApplicationFailure,
  proxyActivities,
  proxyLocalActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { MailActivities, ReplyActivities, SetUpActivities } from '../activities/index.ts';
import { durableStep, localStep } from './policies.ts';

/** A local step asks for this when it sees that its work is too heavy to be done beside others (activities/errors.ts). */
const TOO_HEAVY = 'TooHeavyForLocal';

/** Steps of a mail that touch only MongoDB and storage. */
export const mailSteps = () => localFirst() as Omit<MailActivities, 'fetchAttachments'>;
/** Steps of a reply that touch only MongoDB (`followReply` only while it does not ask the provider). */
export const replySteps = () =>
  localFirst() as Pick<ReplyActivities, 'takeReply' | 'resolveSendingEmail' | 'followReply'>;

/** Steps of a proof that touch only MongoDB. */
export const proofSteps = () => localFirst() as Pick<SetUpActivities, 'lookAtProof'>;

type Step = (...args: unknown[]) => Promise<unknown>;

/**
 * Each step runs as a local activity; when that fails for a reason that may pass, the same step runs as a normal activity,
 * and so do all later ones of this run.
 */
function localFirst(): object {
  const local = proxyLocalActivities<Record<string, Step>>(localStep);
  const durable = proxyActivities<Record<string, Step>>(durableStep);
  let fallenOver = false;
  const step =
    (name: string): Step =>
    async (...args) => {
      if (!fallenOver) {
        try {
          return await local[name]!(...args);
        } catch (error) {
          if (!mayPass(error)) throw error;
          fallenOver = true;
        }
      }
      return durable[name]!(...args);
    };
  return new Proxy({}, { get: (_, name) => step(String(name)) });
}

/** Verdicts and cancellation do not fall over to a normal activity; time-outs and faults do. */
function mayPass(error: unknown): boolean {
  const cause = causeOf(error);
  if (cause instanceof ApplicationFailure) return !cause.nonRetryable || cause.type === TOO_HEAVY;
  return cause instanceof TimeoutFailure;
}

/** What a step failed of: a failed local activity comes as it is, a normal one wrapped. */
function causeOf(error: unknown): unknown {
  return error instanceof ActivityFailure ? error.cause : error;
}

/** A later run of the same row owns it now; what this one would write is out of date. */
export function isSuperseded(error: unknown): boolean {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === 'Superseded';
}
