import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import type { Logger } from 'pino';
import { ProviderAway } from '../src/infra/providers/setup.ts';

/** A later run of this mail has taken over its row: this one must write nothing. */
export class Superseded extends Error {}

/** Seen while running as a local activity: the work would hold up other runs. The workflow runs it as a normal one. */
export class TooHeavyForLocal extends Error {}

/** Some of it is done, the rest has to be tried again; `codes` say why, without any text from outside. */
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
 * The one place where an error becomes a Temporal failure: a code, never foreign text (a duplicate-key error of MongoDB
 * holds an address; promise 6). The stack without its message goes to the log.
 */
export function translate(error: unknown, step: string, log: Logger): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const code = codeOf(error);
  if (VERDICTS.some((verdict) => error instanceof verdict))
    return ApplicationFailure.nonRetryable(code, code);
  const detail = error instanceof TryAgain ? `${step}: ${error.message}` : `${step}: ${code}`;
  log.warn({ step, code, at: stackOf(error) }, 'a step failed and will be tried again');
  // Whoever asks for patience (429) is asked again after that.
  const nextRetryDelay = error instanceof ProviderAway ? (error.retryAfterMs ?? undefined) : undefined;
  return ApplicationFailure.create({ message: detail, type: code, nextRetryDelay });
}

/** Trying again would give the same; also when the step was told to stop. */
export const isVerdict = (failure: Error): boolean =>
  failure instanceof CancelledFailure || (failure instanceof ApplicationFailure && !!failure.nonRetryable);

/** Class name, and the driver's or system's code where there is one: `MongoServerError 11000`, `Error ENOSPC`. */
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
