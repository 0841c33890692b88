import type { CustomSlotSupplier, SlotInfo, SlotPermit } from '@temporalio/worker';
import type { Pace } from '../../lib/pace.ts';

/** Even one that finds the engines slow needs a slot for each way to ask for tasks. */
const FEWEST = 2;

interface Permit extends SlotPermit {
  lane: Lane;
}
interface Lane {
  taken: number;
  waiting: Set<() => void>;
}

/**
 * Slots of a worker, `most` or as many of them as the pace admits. While none is free the worker asks Temporal
 * for no task: so what is too much waits there, and costs nothing.
 *
 * Polls for runs in the worker's cache (sticky) have slots of their own: otherwise polls that wait for nothing
 * would hold the few that there are.
 */
export function pacedSlots<Info extends SlotInfo>(pace: Pace, most: number): CustomSlotSupplier<Info> {
  const lanes = { sticky: newLane(), normal: newLane() };
  const hasRoom = ({ taken }: Lane) => taken < Math.max(FEWEST, Math.round(most * pace.share()));
  const take = (lane: Lane): Permit => {
    lane.taken += 1;
    return { lane };
  };
  const wake = (lane: Lane) => {
    for (const retry of [...lane.waiting]) if (hasRoom(lane)) retry();
  };
  pace.onGrowth(() => [lanes.sticky, lanes.normal].forEach(wake));

  return {
    type: 'custom',
    reserveSlot({ isSticky }, aborted) {
      const lane = isSticky ? lanes.sticky : lanes.normal;
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
    },
    tryReserveSlot({ isSticky }) {
      const lane = isSticky ? lanes.sticky : lanes.normal;
      return hasRoom(lane) ? take(lane) : null;
    },
    markSlotUsed: () => undefined,
    releaseSlot({ permit }) {
      const { lane } = permit as Permit;
      lane.taken -= 1;
      wake(lane);
    },
  };
}

const newLane = (): Lane => ({ taken: 0, waiting: new Set() });
