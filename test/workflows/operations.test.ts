import { deleteWorkspaceId, KEEP_TIDY_ID, SET_UP_QUEUE } from '../../src/infra/temporal/ids.ts';
import { createWorker } from '../../src/infra/temporal/worker.ts';
import { deletePaths, operationsActivities, tidyPaths } from '../support/operationsPaths.ts';
import { startSkippingWorld, type SkippingWorld } from '../support/skippingWorld.ts';
import { todaysBundle } from '../support/bundle.ts';

let world: SkippingWorld;
beforeAll(async () => {
  // Its own worker has nothing to do: each path has one.
  world = await startSkippingWorld('none', {});
});
afterAll(() => world.close());

async function withWorker(activities: object, work: () => Promise<void>): Promise<void> {
  const worker = await createWorker({
    connection: world.env.nativeConnection,
    namespace: 'default',
    taskQueue: SET_UP_QUEUE,
    activities,
    workflowBundle: await todaysBundle(),
  });
  await worker.runUntil(work);
}

const of = (calls: string[], step: string) => calls.filter((call) => call.startsWith(step)).length;

test.each<[string, number, Record<string, number>]>([
  ['deleted', 5, { closeWorkspace: 1, leaveDomain: 0, purgeWorkspace: 3 }],
  ['with-domains', 11, { closeWorkspace: 1, leaveDomain: 2, purgeWorkspace: 3 }],
  ['database-away', 3, { closeWorkspace: 1, leaveDomain: 0, purgeWorkspace: 5 }],
])('deleteWorkspace, %s: it looks again after an hour', async (path, deleted, times) => {
  const { activities, calls } = operationsActivities(deletePaths[path]!);
  await withWorker(activities, async () => {
    const { env } = world;
    const from = await env.currentTimeMs();
    const result = await env.client.workflow.execute('deleteWorkspace', {
      taskQueue: SET_UP_QUEUE,
      workflowId: deleteWorkspaceId(path),
      args: [{ id: path }],
    });
    expect(result).toEqual({ deleted });
    expect(Object.fromEntries(Object.keys(times).map((step) => [step, of(calls, step)]))).toEqual(times);
    expect((await env.currentTimeMs()) - from).toBeGreaterThanOrEqual(61 * 60_000);
  });
});

test('keepTidy: all that is old, and its run ends', async () => {
  const { activities, calls } = operationsActivities(tidyPaths.scheduled!);
  await withWorker(activities, async () => {
    const { env } = world;
    const options = { taskQueue: SET_UP_QUEUE, workflowId: KEEP_TIDY_ID, args: [] };
    const handle = await env.client.workflow.start('keepTidy', options);
    await handle.result();
    const steps = ['deleteOldRaw', 'deleteOldUploads', 'deleteOldEvents'];
    expect(steps.map((step) => of(calls, step))).toEqual([2, 1, 1]);
    expect((await handle.describe()).memo).toMatchObject({ mails: 3, files: 0, events: 0 });
  });
});
