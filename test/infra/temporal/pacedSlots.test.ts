import { pacedSlots } from '../../../src/infra/temporal/pacedSlots.ts';

function newSlots(most: number) {
  const pace = { now: 1, listeners: [] as (() => void)[] };
  const slots = pacedSlots(
    {
      share: () => pace.now,
      note: () => undefined,
      mayRetry: () => true,
      onGrowth: (listener) => void pace.listeners.push(listener),
    },
    most,
  );
  const context = (isSticky: boolean) => ({
    slotType: 'workflow' as const,
    taskQueue: 'mail',
    workerIdentity: 'w',
    workerBuildId: 'b',
    isSticky,
  });
  return {
    pace,
    slots,
    tryOne: (isSticky = false) => slots.tryReserveSlot(context(isSticky)),
    reserve: (signal = new AbortController().signal) => slots.reserveSlot(context(false), signal),
  };
}

test('a slot is given as far as the pace admits, and again when one is released', async () => {
  const { pace, slots, tryOne, reserve } = newSlots(8);
  pace.now = 1 / 2;
  const permits = [1, 2, 3, 4].map(() => tryOne());
  expect(permits).not.toContain(null);
  expect(tryOne()).toBeNull();
  const waiting = reserve();
  slots.releaseSlot({ permit: permits[0]! });
  await expect(waiting).resolves.toBeDefined();
  expect(tryOne()).toBeNull();
});

test('more are given when it grows; even the least pace leaves two', async () => {
  const { pace, tryOne, reserve } = newSlots(8);
  pace.now = 1 / 100;
  expect([tryOne(), tryOne()]).not.toContain(null);
  const waiting = reserve();
  expect(tryOne()).toBeNull();
  pace.now = 1;
  pace.listeners.forEach((listener) => listener());
  await expect(waiting).resolves.toBeDefined();
});

test('runs in the cache have slots of their own', () => {
  const { pace, tryOne } = newSlots(8);
  pace.now = 1 / 4;
  expect([tryOne(), tryOne(), tryOne()]).toEqual([expect.anything(), expect.anything(), null]);
  expect(tryOne(true)).not.toBeNull();
});

test('a wait that the worker gives up takes no slot', async () => {
  const { pace, slots, tryOne, reserve } = newSlots(8);
  pace.now = 1 / 4;
  const permit = tryOne();
  tryOne();
  const giving = new AbortController();
  const waiting = reserve(giving.signal);
  giving.abort();
  await expect(waiting).rejects.toThrow();
  slots.releaseSlot({ permit: permit! });
  expect(tryOne()).not.toBeNull();
});
