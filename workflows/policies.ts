import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';

/**
 * Every retry policy, each with its reason. Verdicts about a mail are results, or not retryable, and end a
 * step at once.
 */

/**
 * First try of a step that touches only MongoDB and storage: no round trip to Temporal while everything
 * works. Short, because a hanging local step delays every other run on the worker; the step stops waiting
 * before (1.5 s, activities/runStep.ts).
 */
export const localStep: LocalActivityOptions = {
  startToCloseTimeout: '2 seconds',
  scheduleToCloseTimeout: '5 seconds',
  retry: { maximumAttempts: 2, initialInterval: '100 milliseconds' },
};

/**
 * How long a try may take that asks only for short things: as many commands of MongoDB as a step needs, when
 * each takes seconds; for one command MongoDB has a minute (src/worker.ts). The worker's heartbeats show that
 * it lives (activities/runStep.ts), so a try whose worker died is repeated much earlier.
 */
const whileAlive: ActivityOptions = { startToCloseTimeout: '10 minutes', heartbeatTimeout: '30 seconds' };

/**
 * The same step once the local one has failed: visible in the Temporal UI and retried without end, at most a
 * minute apart, because an engine may be away for a weekend and the mail must still come through.
 */
export const durableStep: ActivityOptions = {
  ...whileAlive,
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * Files of a mail that are in the archive: they may be many and large. The heartbeat shows that the step is
 * alive. It is retried without end, because each file has its own end (activities/inbound/fetchAttachments.ts).
 */
export const ownFiles: ActivityOptions = {
  startToCloseTimeout: '30 minutes',
  heartbeatTimeout: '2 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * The same where files come from the provider: in a task queue of their own, because a URL that hangs must
 * delay no other mail.
 */
export const remoteFiles: ActivityOptions = { ...ownFiles, taskQueue: 'files' };

/**
 * One call to the provider, which has its own time-out (`MAILGUN_TIMEOUT_MS`, below this). A missing
 * heartbeat shows that the worker died; the next try makes no second call, but reports that the result of the
 * first is unclear.
 */
export const delivery: ActivityOptions = {
  ...whileAlive,
  heartbeatTimeout: '10 seconds',
  retry: { initialInterval: '500 milliseconds', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * Asking changes nothing at the provider: retried without end, at most five minutes apart, because it may be
 * away for long.
 */
export const askProvider: ActivityOptions = {
  ...whileAlive,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
};

/**
 * One mail of the platform's own. The provider's answer is a result, not a failure: the workflow waits, and
 * other ways to prove an address go on meanwhile. Only our own faults (MongoDB, storage) are retried here.
 */
export const notice: ActivityOptions = {
  ...whileAlive,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/** The same to the owners of an endpoint. Posts to endpoints that wait go first. */
export const endpointNotice: ActivityOptions = { ...notice, priority: { priorityKey: 4 } };

/**
 * Look-ups at several resolvers, and starts of held mail: both are idempotent. Retried without end, at most
 * five minutes apart.
 */
export const askDns: ActivityOptions = {
  ...whileAlive,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
};

/**
 * A step of a domain: some calls to the provider, each with its own time-out, and a look at DNS. What the
 * provider cannot do at the moment is a result. What fails is one of our engines, or the provider while a
 * claim is undone: retried without end.
 */
export const domainStep: ActivityOptions = {
  ...whileAlive,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
};

/**
 * Posts to a customer's endpoint, for three quarters of a minute at most; a missing heartbeat shows that the
 * worker died. The endpoint's answer is a result; only our own faults (MongoDB) are retried here, without end.
 */
export const endpointRound: ActivityOptions = {
  ...whileAlive,
  heartbeatTimeout: '5 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/**
 * Deletes for hours, one piece at a time, each of them idempotent. A missing heartbeat shows that the worker
 * died, and the next try goes on where that one was.
 */
export const sweep: ActivityOptions = {
  startToCloseTimeout: '12 hours',
  heartbeatTimeout: '2 minutes',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '5 minutes' },
};
