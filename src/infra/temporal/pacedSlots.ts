import type {
  ActivitySlotInfo,
  CustomSlotSupplier,
  SlotInfo,
  SlotPermit,
  WorkflowSlotInfo,
} from '@temporalio/worker';
import type { Pace } from '../../lib/pace.ts';

/** Even the slowest worker needs a slot to ask for tasks with. */
const FEWEST = 2;

/** Slots of one kind. */
interface Lane {
  most: number;
  /** All of it may be used, however slow our engines are. */
  isFixed: boolean;
  taken: number;
  waiting: Set<() => void>;
}
interface Permit extends SlotPermit {
  lane: Lane;
}

export interface PacedSlots {
  workflowTaskSlotSupplier: CustomSlotSupplier<WorkflowSlotInfo>;
  activityTaskSlotSupplier: CustomSlotSupplier<ActivitySlotInfo>;
}

/**
 * Slots of a worker: as many as the pace admits. While none is free the worker asks Temporal for no task: so what
 * is too much waits there, and costs nothing.
 *
 * - The local steps of a run are part of its workflow task, so its slot bounds them too.
 * - New runs and the steps of others that ask our engines are bounded together: what was begun goes first.
 *   Else all of a backlog would be begun, and end late, at the same time.
 * - Activities of a worker that has no such steps wait for others (endpoints) and cost our engines little: all of
 *   their slots are there always, or a few that hang would hold up the rest.
 * - Tasks of runs in the worker's cache (sticky) have a lane of their own: polls for them that wait for nothing
 *   would hold the few slots that there are.
 * @param engineSteps activities that ask only our engines
 */
export function createPacedSlots(
  pace: Pace,
  most: { runs: number; activities: number },
  engineSteps: ReadonlySet<string>,
): PacedSlots {
  const newRuns = newLane(most.runs);
  const cachedRuns = newLane(most.runs);
  const activities = newLane(most.activities, engineSteps.size === 0);
  let stepsNow = 0;

  const hasRoom = (lane: Lane): boolean => {
    const share = lane.isFixed ? 1 : pace.share();
    const limit = Math.max(FEWEST, Math.round(lane.most * share));
    return lane.taken + (lane === newRuns ? stepsNow : 0) < limit;
  };
  const wakeAll = () => {
    for (const lane of [cachedRuns, activities, newRuns])
      for (const retry of [...lane.waiting]) if (hasRoom(lane)) retry();
  };
  pace.onGrowth(wakeAll);

  function supply<Info extends SlotInfo>(laneFor: (isSticky: boolean) => Lane): CustomSlotSupplier<Info> {
    return {
      type: 'custom',
      reserveSlot: ({ isSticky }, aborted) => reserve(laneFor(isSticky), hasRoom, aborted),
      tryReserveSlot: ({ isSticky }) => (hasRoom(laneFor(isSticky)) ? take(laneFor(isSticky)) : null),
      markSlotUsed({ slotInfo }) {
        if (isEngineStep(slotInfo)) stepsNow += 1;
      },
      releaseSlot({ slotInfo, permit }) {
        (permit as Permit).lane.taken -= 1;
        if (slotInfo && isEngineStep(slotInfo)) stepsNow -= 1;
        wakeAll();
      },
    };
  }
  const isEngineStep = (info: SlotInfo) => info.type === 'activity' && engineSteps.has(info.activityType);

  return {
    workflowTaskSlotSupplier: supply((isSticky) => (isSticky ? cachedRuns : newRuns)),
    activityTaskSlotSupplier: supply(() => activities),
  };
}

const newLane = (most: number, isFixed = false): Lane => ({ most, isFixed, taken: 0, waiting: new Set() });

function take(lane: Lane): Permit {
  lane.taken += 1;
  return { lane };
}

/** Waits for a slot. @throws the reason of `aborted`, when the worker needs none any more */
function reserve(lane: Lane, hasRoom: (lane: Lane) => boolean, aborted: AbortSignal): Promise<Permit> {
  if (hasRoom(lane)) return Promise.resolve(take(lane));
  return new Promise((resolve, reject) => {
    const retry = () => {
      lane.waiting.delete(retry);
      resolve(take(lane));
    };
    lane.waiting.add(retry);
    aborted.addEventListener('abort', () => {
      lane.waiting.delete(retry);
      reject(aborted.reason as Error);
    });
  });
}
