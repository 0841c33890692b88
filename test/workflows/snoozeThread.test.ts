import { SET_UP_QUEUE, snoozeWorkflowId } from '../../src/infra/temporal/ids.ts';
import type { SnoozeOutcome } from '../../src/infra/temporal/runTypes.ts';
import { stepsByRun } from '../support/script.ts';
import { startSkippingWorld, type SkippingWorld } from '../support/skippingWorld.ts';
import { snoozeActivities, snoozePaths } from '../support/snoozePaths.ts';

const { activities, scripts } = stepsByRun(snoozeActivities({}).activities);
let world: SkippingWorld;
beforeAll(async () => {
  world = await startSkippingWorld(SET_UP_QUEUE, activities);
});
afterAll(() => world.close());

test.each<[string, SnoozeOutcome['action'], number | null, string[]]>([
  ['woken', 'woken', 2, ['wakeThread', 'wakeThread', 'wakeThread']],
  ['woken-before', 'over', 1, ['wakeThread', 'wakeThread']],
  // Its clock runs to the end of time while a normal activity is waited for.
  ['database-away', 'woken', null, ['wakeThread', 'wakeThread', 'wakeThread', 'wakeThread, normal']],
])('%s', async (path, action, hours, expected) => {
  const { activities: steps, calls } = snoozeActivities(snoozePaths[path]!);
  scripts.set(path, steps);
  const from = await world.env.currentTimeMs();
  const handle = await world.env.client.workflow.start('snoozeThread', {
    workflowId: snoozeWorkflowId(path, 1),
    taskQueue: SET_UP_QUEUE,
    args: [{ id: path, kind: 'ticket', until: 1 }],
  });
  expect((await handle.result()) as SnoozeOutcome).toEqual({ action });
  expect(calls).toEqual(expected);
  const took = (await world.env.currentTimeMs()) - from;
  if (hours !== null) expect(Math.round(took / 3_600_000)).toBe(hours);
});
