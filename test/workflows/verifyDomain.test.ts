import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { WorkflowContinuedAsNewError } from '@temporalio/client';
import { createDomainActivities } from '../../activities/index.ts';
import type { DomainRow } from '../../src/infra/models/index.ts';
import { KEEP_PROVIDER_ID, SET_UP_QUEUE, setUpWorkflowId } from '../../src/infra/temporal/ids.ts';
import { createWorker } from '../../src/infra/temporal/worker.ts';
import type { DomainOutcome } from '../../src/infra/temporal/runTypes.ts';
import { startRig, type Rig } from '../core/domains/rig.ts';
import {
  DAY_MS,
  domainPaths,
  HOUR_MS,
  keepPaths,
  MINUTE_MS,
  scriptedDomain,
} from '../support/domainPaths.ts';
import { skippingServer } from '../support/skippingWorld.ts';
import { until } from '../support/until.ts';
import { todaysBundle } from '../support/bundle.ts';

let env: TestWorkflowEnvironment;
beforeAll(async () => {
  env = await skippingServer();
});
afterAll(() => env.teardown());

const workerOf = async (activities: object) =>
  createWorker({
    connection: env.nativeConnection,
    namespace: 'default',
    taskQueue: SET_UP_QUEUE,
    activities,
    workflowBundle: await todaysBundle(),
  });

const look = 'lookAtDomain';
const apply = 'applyDomain';
const tell = 'tellOwners';
const leave = 'leaveDomain';
const kept = (action: string) => ({ action, provider: 'kept' });
const removed = (action: string) => ({ action, provider: 'removed' });

describe('every path', () => {
  /** Runs a path to its end, however many weeks of skipped time it takes. */
  async function run(path: string) {
    const { activities, calls } = scriptedDomain(domainPaths[path]!, () => env.currentTimeMs());
    const worker = await workerOf(activities);
    return worker.runUntil(async () => {
      const workflowId = setUpWorkflowId('verifyDomain', path, 1);
      const handle = await env.client.workflow.start('verifyDomain', {
        workflowId,
        taskQueue: SET_UP_QUEUE,
        args: [{ id: path, run: 1 }],
      });
      if (path === 'woken') {
        // A look that has not begun would see what the signal is about: it wakes no run then.
        await until('the first look', () => calls.length > 0);
        await handle.signal('wake');
      }
      const outcome = (await handle.result()) as DomainOutcome;
      const { memo } = await env.client.workflow.getHandle(workflowId).describe();
      return { outcome, calls, memo, handle };
    });
  }

  /** Steps in order; and the time from each look to the next (ms). */
  test.each<[string, unknown, string[], number[] | null]>([
    [
      'proved-then-deleted',
      removed('deleted'),
      [look, look, look, apply, look, look, leave, tell],
      [MINUTE_MS, MINUTE_MS, DAY_MS, DAY_MS],
    ],
    ['expired', kept('expired'), [look, look, look, leave, tell], [MINUTE_MS, 13 * DAY_MS]],
    [
      'failing-then-mended',
      kept('deleted'),
      [look, look, apply, tell, look, look, apply, tell, look, leave, tell],
      [DAY_MS, HOUR_MS, HOUR_MS, DAY_MS],
    ],
    ['lost', removed('lost'), [look, tell, look, leave, leave, leave, tell, tell], [HOUR_MS]],
    [
      'provider-away',
      kept('deleted'),
      [look, apply, tell, look, apply, tell, look, look, leave, tell],
      // A failed step is tried again after the shorter of the two waits.
      [10 * MINUTE_MS, DAY_MS, DAY_MS],
    ],
    ['provider-refuses-removal', { action: 'deleted', provider: 'refused' }, [look, leave, tell], null],
    // The signal came before the wait, so the second look is immediate.
    ['woken', kept('deleted'), [look, look, look, leave, tell], [0, 2 * HOUR_MS]],
    ['superseded', { action: 'superseded' }, [look, look], [MINUTE_MS]],
    ['database-away', kept('deleted'), [look, look, look, look, leave, tell], null],
  ])('%s', async (path, outcome, calls, gaps) => {
    const ran = await run(path);
    expect(ran.outcome).toEqual(outcome);
    expect(ran.calls.map(([step]) => step)).toEqual(calls);
    expect(ran.memo).toMatchObject({ outcome: ran.outcome.action });
    if (!gaps) return;
    const looks = ran.calls.filter(([step]) => step === look).map(([, at]) => at);
    expect(looks).toHaveLength(gaps.length + 1);
    for (const [n, ms] of gaps.entries()) {
      const passed = looks[n + 1]! - looks[n]!;
      expect(passed).toBeGreaterThanOrEqual(ms);
      // In addition, the steps themselves take real time.
      expect(passed).toBeLessThan(ms + 5 * MINUTE_MS);
    }
  });

  test('continued: a claim that lives for months has one run after another, none with a long history', async () => {
    const { outcome, calls, memo, handle } = await run('continued');
    expect(outcome).toEqual(kept('deleted'));
    expect(calls.map(([step]) => step)).toEqual([...Array<string>(62).fill(look), leave, tell]);
    expect(memo).toMatchObject({ outcome: 'deleted' });
    const first = env.client.workflow.getHandle(handle.workflowId, handle.firstExecutionRunId, {
      followRuns: false,
    });
    await expect(first.result()).rejects.toThrow(WorkflowContinuedAsNewError);
    expect((await first.fetchHistory()).events!.length).toBeLessThan(1_000);
  });

  test('is run here', () => {
    expect(Object.keys(domainPaths)).toHaveLength(10);
  });
});

test.each<[string, string]>([
  ['scheduled', 'kept'],
  ['refused', 'refused'],
  ['off', 'off'],
])('keepProvider, %s: one look, tried until it can be made', async (path, verdict) => {
  const { activities } = scriptedDomain(keepPaths[path]!);
  const worker = await workerOf(activities);
  const options = { taskQueue: SET_UP_QUEUE, workflowId: `${KEEP_PROVIDER_ID}-${path}`, args: [] };
  await worker.runUntil(async () => {
    expect(await env.client.workflow.execute('keepProvider', options)).toBe(verdict);
  });
});

describe('with its real steps, DNS and provider, over weeks', () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await startRig();
  });
  afterEach(() => rig.close());

  /** A worker whose steps have the server's time; looks are counted. */
  async function realWorker() {
    let now = await env.currentTimeMs();
    const states: [at: number, state: string][] = [];
    const activities = createDomainActivities({
      ...rig.deps,
      domains: { graceMs: 3 * DAY_MS },
      now: () => new Date(now),
    });
    const { lookAtDomain } = activities;
    activities.lookAtDomain = async (run) => {
      now = await env.currentTimeMs();
      const looked = await lookAtDomain(run);
      states.push([now, looked.state]);
      return looked;
    };
    return { worker: await workerOf(activities), states };
  }
  /** A claim made at the server's time, which other tests have moved on. */
  async function claim(): Promise<DomainRow> {
    const row = await rig.claim();
    const at = await env.currentTimeMs();
    const expires_at = new Date(at + 14 * DAY_MS);
    await rig.models.Domain.updateOne({ _id: row._id }, { $set: { created_at: new Date(at), expires_at } });
    return row;
  }
  const start = ({ _id }: DomainRow) =>
    env.client.workflow.start('verifyDomain', {
      workflowId: setUpWorkflowId('verifyDomain', _id, 1),
      taskQueue: SET_UP_QUEUE,
      args: [{ id: _id, run: 1 }],
    });

  async function remove({ _id }: DomainRow, handle: Awaited<ReturnType<typeof start>>): Promise<void> {
    await rig.models.Domain.updateOne({ _id }, { $set: { deleted_at: new Date() } });
    await handle.signal('wake');
    expect(await handle.result()).toEqual({ action: 'deleted', provider: 'removed' });
  }

  test('a claim without records is checked less and less often, and expires after 14 days', async () => {
    const row = await claim();
    const { worker, states } = await realWorker();
    await worker.runUntil(async () => {
      const handle = await start(row);
      expect(await handle.result()).toEqual({ action: 'expired', provider: 'kept' });
    });
    const [first] = states[0]!;
    const [last] = states.at(-1)!;
    expect(last - first).toBeGreaterThan(14 * DAY_MS - MINUTE_MS);
    expect(last - first).toBeLessThan(14 * DAY_MS + HOUR_MS);
    const waits = states.slice(1).map(([at], n) => at - states[n]![0]);
    expect(waits[0]).toBeLessThan(2 * MINUTE_MS);
    expect(Math.max(...waits)).toBeLessThan(2 * HOUR_MS + MINUTE_MS);
    expect(states.length).toBeLessThan(300);
    expect(states.length).toBeGreaterThan(100);
    expect(rig.mailTo('olga')).toEqual([]);
  });

  test('a claim is proved, correct for weeks, broken beyond its grace, repaired and deleted', async () => {
    const row = await claim();
    await rig.publish(row);
    const { worker, states } = await realWorker();
    const isAfter = async (state: string, ms: number) => {
      await env.sleep(ms);
      // The look that was due last may be under way still.
      await until(`it to be ${state}`, async () => (await rig.read(row)).state === state);
    };
    await worker.runUntil(async () => {
      const handle = await start(row);
      await isAfter('verified', 20 * DAY_MS);
      // Once a day.
      expect(states.length).toBeLessThan(24);
      await rig.unpublish(row, ['spf']);
      await isAfter('failing', DAY_MS + HOUR_MS);
      const hourly = states.length;
      await isAfter('broken', 3 * DAY_MS);
      expect(states.length - hourly).toBeGreaterThanOrEqual(48);
      await rig.publish(row, ['spf']);
      await isAfter('verified', 3 * HOUR_MS);
      await remove(row, handle);
    });
    expect(rig.mailTo('olga')).toHaveLength(3);
    expect(await rig.atProvider()).toEqual({ domains: [], routes: ['postroom.test'] });
  });

  test('a requested look is immediate', async () => {
    const row = await claim();
    const { worker, states } = await realWorker();
    await worker.runUntil(async () => {
      const handle = await start(row);
      await env.sleep(2 * DAY_MS);
      await rig.publish(row);
      const before = states.length;
      await handle.signal('wake');
      // Nothing skips time now, and the next look of its own is hours away. One that had begun has not seen
      // what is published.
      await until('a look', () => states.slice(before).some(([, state]) => state === 'verified'));
      await remove(row, handle);
    });
  });
});
