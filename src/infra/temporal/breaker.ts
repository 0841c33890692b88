import {
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { Logger } from 'pino';
import { createBreaker, type Breaker } from '../../lib/breaker.ts';

/** Status codes of gRPC with which a server refuses a request that it has read. */
const REFUSALS = new Set([3 /* INVALID_ARGUMENT */, 9 /* FAILED_PRECONDITION */]);

/** The breaker of all that a process starts and signals in Temporal. There is one in each process. */
export const createTemporalBreaker = (log?: Logger): Breaker =>
  createBreaker({ engine: 'Temporal', isAway, ...(log && { log }) });

function isAway(error: unknown): boolean {
  if (error instanceof WorkflowExecutionAlreadyStartedError || error instanceof WorkflowNotFoundError)
    return false;
  const { cause } = error as { cause?: unknown };
  return !(isGrpcServiceError(cause) && REFUSALS.has(cause.code));
}
