import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import { ProviderAway } from '../src/infra/providers/setup.ts';

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
  const code = codeOf(error);
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

/**
 * Class name, and the driver's or system's code where there is one: `MongoServerError 11000`, `Error ENOSPC`.
 */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'UnknownError';
  const name = error.constructor.name || error.name;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' || typeof code === 'number' ? `${name} ${code}` : name;
}

function stackOf(error: unknown): string[] {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  return lines
    .filter((line) => /^\s+at /.test(line))
    .slice(0, 4)
    .map((line) => line.trim());
}
