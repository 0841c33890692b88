import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import { ProviderAway } from '../src/infra/providers/setup.ts';
import { errorCode, stackOf } from '../src/lib/faultOf.ts';

/** A later run of this mail has taken over its row: this one must write nothing. */
export class Superseded extends Error {}

/**
 * Thrown by a local activity whose work would hold up other runs. The workflow then runs it as a normal
 * activity.
 */
export class TooHeavyForLocal extends Error {}

/** Part of the work is done, the rest must be tried again. `codes` say why, without any foreign text. */
export class TryAgain extends Error {
  readonly codes: string[];
  constructor(codes: string[]) {
    super(codes.join(', '));
    this.codes = codes;
  }
}

/** Not retryable: trying again gives the same. */
const VERDICTS = [Superseded, TooHeavyForLocal];

/**
 * The one place where an error becomes a Temporal failure: a code, never foreign text (a duplicate-key error
 * of MongoDB holds an address). The stack goes to the log, without its message.
 */
export function translate(error: unknown, step: string, log: Logger): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const code = errorCode(error);
  if (VERDICTS.some((verdict) => error instanceof verdict))
    return ApplicationFailure.nonRetryable(code, code);
  const detail = error instanceof TryAgain ? `${step}: ${error.message}` : `${step}: ${code}`;
  log.warn({ step, code, at: stackOf(error) }, 'a step failed and will be tried again');
  // The provider may say when to try again (429).
  const nextRetryDelay = error instanceof ProviderAway ? (error.retryAfterMs ?? undefined) : undefined;
  return ApplicationFailure.create({ message: detail, type: code, nextRetryDelay });
}

/** Trying again would give the same result, or the step was cancelled. */
export const isVerdict = (failure: Error): boolean =>
  failure instanceof CancelledFailure || (failure instanceof ApplicationFailure && !!failure.nonRetryable);
