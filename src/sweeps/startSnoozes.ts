import type { Logger } from 'pino';
import type { SnoozeRun } from '../infra/temporal/runTypes.ts';
import type { WorkflowStarts } from '../infra/temporal/workflowStarts.ts';
import { faultOf } from '../lib/faultOf.ts';

/**
 * Starts the timers of snoozes in the background. One that cannot be started is not tried again: the worker
 * ends a snooze whose timer did not (core/threads/snooze.ts).
 */
export function createSnoozeStarter({
  starts,
  log,
}: {
  starts: Pick<WorkflowStarts, 'snoozeThread'>;
  log: Logger;
}) {
  return {
    add(snooze: SnoozeRun): void {
      starts
        .snoozeThread(snooze)
        .catch((error: unknown) =>
          log.warn({ error: faultOf(error) }, 'the timer of a snooze could not be started; a sweep ends it'),
        );
    },
  };
}
