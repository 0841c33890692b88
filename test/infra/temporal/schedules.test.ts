import { Client, type ScheduleDescription } from '@temporalio/client';
import { KEEP_PROVIDER_ID, KEEP_TIDY_ID } from '../../../src/infra/temporal/ids.ts';
import { keepSchedules } from '../../../src/infra/temporal/schedules.ts';
import { DAY_MS, HOUR_MS } from '../../../src/lib/time.ts';
import { connectTemporal, freshNamespace } from '../../support/temporal.ts';
import { until } from '../../support/until.ts';

let client: Client;
beforeAll(async () => {
  client = new Client({ connection: await connectTemporal(), namespace: await freshNamespace() });
});
afterAll(() => client.connection.close());

const handle = () => client.schedule.getHandle(KEEP_TIDY_ID);
/** No worker takes them: so a run stays open, and at most one further one waits for it. */
const started = (what: string, isRight: (now: ScheduleDescription) => boolean) =>
  until(what, async () => {
    const now = await handle().describe();
    return isRight(now) && now;
  });

test('two workers that start at once make one schedule for each daily work, and begin with it', async () => {
  await Promise.all([keepSchedules(client), keepSchedules(client)]);
  const ids: string[] = [];
  await until('both schedules to be listed', async () => {
    ids.length = 0;
    for await (const { scheduleId } of client.schedule.list()) ids.push(scheduleId);
    return ids.length >= 2;
  });
  expect(ids.sort()).toEqual([KEEP_PROVIDER_ID, KEEP_TIDY_ID]);
  const now = await started('its first run', ({ info }) => info.runningActions.length > 0);
  expect(now).toMatchObject({
    spec: { intervals: [{ every: DAY_MS }], jitter: HOUR_MS },
    policies: { overlap: 'SKIP', catchupWindow: DAY_MS },
    state: { paused: false },
  });
  const [running] = now.info.runningActions;
  const run = await client.workflow.getHandle(running!.workflow.workflowId).describe();
  expect([run.type, run.taskQueue, run.priority?.priorityKey]).toEqual(['keepTidy', 'set-up', 5]);
  expect(run.workflowId.startsWith(`${KEEP_TIDY_ID}-`)).toBe(true);
});

test('a changed interval takes effect, and what an operator has paused stays so', async () => {
  await keepSchedules(client);
  await handle().pause('the provider is being changed');
  await until('the pause', async () => (await handle().describe()).state.paused);
  const { workflowId } = (await handle().describe()).info.runningActions[0]!.workflow;
  await client.workflow.getHandle(workflowId).terminate();
  await keepSchedules(client, 2 * DAY_MS);
  const now = await started('the change', ({ spec }) => spec.intervals?.[0]?.every === 2 * DAY_MS);
  expect(now.state).toMatchObject({ paused: true, note: 'the provider is being changed' });
  expect(now.policies.catchupWindow).toBe(2 * DAY_MS);
  await handle().unpause();
  await keepSchedules(client, 2 * DAY_MS);
  await started('a run', ({ info, state }) => !state.paused && info.runningActions.length > 0);
});
