import { createPacedSlots } from '../../../src/infra/temporal/pacedSlots.ts';

function newSlots() {
  const pace = { now: 1, listeners: [] as (() => void)[] };
  const slots = createPacedSlots(
    {
      share: () => pace.now,
      note: () => undefined,
      mayRetry: () => true,
      onGrowth: (listener) => void pace.listeners.push(listener),
    },
    { runs: 8, activities: 8 },
    new Set(['recordMessage']),
  );
  const context = (slotType: 'workflow' | 'activity', isSticky: boolean) => ({
    slotType,
    taskQueue: 'mail',
    workerIdentity: 'w',
    workerBuildId: 'b',
    isSticky,
  });
  const { workflowTaskSlotSupplier: runs, activityTaskSlotSupplier: activities } = slots;
  return {
    pace,
    tryRun: (isSticky = false) => runs.tryReserveSlot(context('workflow', isSticky)),
    reserveRun: (signal = new AbortController().signal) =>
      runs.reserveSlot(context('workflow', false), signal),
    releaseRun: (permit: object | null) => runs.releaseSlot({ permit: permit! }),
    /** Takes a slot for an activity. @returns its end */
    startActivity: (activityType: string) => {
      const permit = activities.tryReserveSlot(context('activity', false))!;
      const slotInfo = { type: 'activity' as const, activityType };
      activities.markSlotUsed({ slotInfo, permit });
      return () => activities.releaseSlot({ slotInfo, permit });
    },
  };
}

test('a slot is given as far as the pace admits, and again when one is released', async () => {
  const { pace, tryRun, reserveRun, releaseRun } = newSlots();
  pace.now = 1 / 2;
  const permits = [1, 2, 3, 4].map(() => tryRun());
  expect(permits).not.toContain(null);
  expect(tryRun()).toBeNull();
  const waiting = reserveRun();
  releaseRun(permits[0]!);
  await expect(waiting).resolves.toBeDefined();
  expect(tryRun()).toBeNull();
});

test('more are given when it grows; even the least pace leaves two', async () => {
  const { pace, tryRun, reserveRun } = newSlots();
  pace.now = 1 / 100;
  expect([tryRun(), tryRun()]).not.toContain(null);
  const waiting = reserveRun();
  expect(tryRun()).toBeNull();
  pace.now = 1;
  pace.listeners.forEach((listener) => listener());
  await expect(waiting).resolves.toBeDefined();
});

test('runs in the cache have slots of their own', () => {
  const { pace, tryRun } = newSlots();
  pace.now = 1 / 4;
  expect([tryRun(), tryRun(), tryRun()]).toEqual([expect.anything(), expect.anything(), null]);
  expect(tryRun(true)).not.toBeNull();
});

test('no new run is begun while the steps of others keep the engines busy; other activities do not count', async () => {
  const { tryRun, reserveRun, startActivity } = newSlots();
  const fetching = [1, 2, 3].map(() => startActivity('fetchAttachments'));
  const ends = [1, 2, 3, 4, 5].map(() => startActivity('recordMessage'));
  expect([tryRun(), tryRun(), tryRun()]).not.toContain(null);
  const waiting = reserveRun();
  fetching[0]!();
  expect(tryRun()).toBeNull();
  ends[0]!();
  await expect(waiting).resolves.toBeDefined();
});

test('a wait that the worker gives up takes no slot', async () => {
  const { pace, tryRun, reserveRun, releaseRun } = newSlots();
  pace.now = 1 / 4;
  const permit = tryRun();
  tryRun();
  const giving = new AbortController();
  const waiting = reserveRun(giving.signal);
  giving.abort();
  await expect(waiting).rejects.toThrow();
  releaseRun(permit);
  expect(tryRun()).not.toBeNull();
});
