import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import mongoose from 'mongoose';
import type { Logger } from 'pino';
import { ProviderAway } from '../src/infra/providers/setup.ts';
import { errorCode, stackOf } from '../src/lib/faultOf.ts';

/** A later run of this mail has taken over its row: this one must write nothing. */
export class Superseded extends Error {}

/**
 * Thrown by a local activity whose work would hold up other runs, or takes too long. The workflow then runs it
 * as a normal activity.
 */
export class TooHeavyForLocal extends Error {
  readonly isLate: boolean;
  constructor({ isLate = false } = {}) {
    super();
    this.isLate = isLate;
  }
}

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
 * @param retryMs when to try again, where the error does not say it; by default as the retry policy does
 */
export function translate(error: unknown, step: string, log: Logger, retryMs?: number): Error {
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  const code = errorCode(error);
  if (VERDICTS.some((verdict) => error instanceof verdict))
    return ApplicationFailure.nonRetryable(code, code);
  const detail = error instanceof TryAgain ? `${step}: ${error.message}` : `${step}: ${code}`;
  log.warn({ step, code, at: stackOf(error) }, 'a step failed and will be tried again');
  // The provider may say when to try again (429).
  const nextRetryDelay = error instanceof ProviderAway ? (error.retryAfterMs ?? retryMs) : retryMs;
  return ApplicationFailure.create({ message: detail, type: code, nextRetryDelay });
}

/** Trying again would give the same result, or the step was cancelled. */
export const isVerdict = (failure: Error): boolean =>
  failure instanceof CancelledFailure || (failure instanceof ApplicationFailure && !!failure.nonRetryable);

/** How often a step is tried that fails on something that cannot pass. */
const MOST_TRIES = 5;

/**
 * Ends a step for good that has failed `MOST_TRIES` times on something that cannot pass; else the failure
 * itself. The workflow then says what becomes of its mail.
 */
export function giveUp(failure: Error, error: unknown, attempt: number): Error {
  if (attempt < MOST_TRIES || !cannotPass(error)) return failure;
  return ApplicationFailure.nonRetryable(failure.message, 'CannotPass');
}

const { BSON, MongoInvalidArgumentError, MongoServerError } = mongoose.mongo;
const CANNOT_PASS = [RangeError, ReferenceError, BSON.BSONError, MongoInvalidArgumentError];
/** MongoDB's codes for a row or a value that it cannot hold: too large, too deep, or of a wrong type. */
const CANNOT_PASS_CODES = [2, 14, 15, 10334, 17280, 17419, 17420];

/** An error of this mail or of our code, not of an engine: trying again most likely gives the same. */
function cannotPass(error: unknown): boolean {
  // `fetch` says with a TypeError, which has a cause, that the network failed.
  if (error instanceof TypeError) return error.cause === undefined;
  if (error instanceof MongoServerError) return CANNOT_PASS_CODES.includes(Number(error.code));
  return CANNOT_PASS.some((kind) => error instanceof kind);
}

/** Whether a try failed because an engine was slow or away. */
export function isOfEngines(error: unknown): boolean {
  if (error instanceof TooHeavyForLocal) return error.isLate;
  return !cannotPass(error) && !(error instanceof TryAgain) && !(error instanceof Superseded);
}
