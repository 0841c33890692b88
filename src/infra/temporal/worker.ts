import {
  Worker,
  type NativeConnection,
  type WorkerDeploymentOptions,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import { createPace, type Pace } from '../../lib/pace.ts';
import { createPacedSlots } from './pacedSlots.ts';

/** The most runs, and the most of their steps, that one worker works on at one time. */
export const AT_ONCE = 32;

/**
 * A worker of one task queue. At `shutdown()` it takes nothing new, and after 10 s it cancels the activities
 * that have not ended; `run()` resolves when all have ended.
 *
 * Few local activities run at one time, on purpose: they share one event loop, and each has two seconds
 * (workflows/policies.ts).
 */
export function createWorker({
  activitiesAtOnce = AT_ONCE,
  pace = createPace({ most: AT_ONCE }),
  version,
  ...options
}: {
  connection: NativeConnection;
  namespace: string;
  /** One of src/infra/temporal/ids.ts. */
  taskQueue: string;
  activities: object;
  /** Without one it runs activities only. */
  workflowBundle?: WorkflowBundleOption;
  activitiesAtOnce?: number;
  /** How much of it may be done at one time. By default the worker has a pace of its own. */
  pace?: Pace;
  /** The worker gets tasks only while this is the version in use (versions.ts). Without one it has no version. */
  version?: WorkerDeploymentVersion | null;
}): Promise<Worker> {
  return Worker.create({
    ...options,
    ...(version && { workerDeploymentOptions: deploymentOptions(version) }),
    tuner: {
      ...createPacedSlots(
        pace,
        { runs: AT_ONCE, activities: activitiesAtOnce },
        engineStepsOf(options.activities),
      ),
      localActivityTaskSlotSupplier: { type: 'fixed-size', numSlots: AT_ONCE },
      nexusTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
    },
    shutdownGraceTime: '10 seconds',
  });
}

/**
 * Open runs move to the version in use with their next task, so that none waits for a worker that is gone
 * (docs/decisions/worker-versions.md).
 */
const deploymentOptions = (version: WorkerDeploymentVersion): WorkerDeploymentOptions => ({
  version,
  useWorkerVersioning: true,
  defaultVersioningBehavior: 'AUTO_UPGRADE',
});

/** A function that runs a step which asks only our engines has this property (activities/index.ts). */
const engineStepsOf = (activities: object): ReadonlySet<string> =>
  new Set(
    Object.entries(activities).flatMap(([name, step]) => ((step as EngineStep).asksEngines ? [name] : [])),
  );

interface EngineStep {
  asksEngines?: boolean;
}
