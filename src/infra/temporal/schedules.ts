import { isDeepStrictEqual } from 'node:util';
import { ScheduleAlreadyRunning, type Client, type ScheduleOptions } from '@temporalio/client';
import { DAY_MS } from '../../lib/time.ts';
import { KEEP_PROVIDER_ID, KEEP_TIDY_ID, SET_UP_QUEUE } from './ids.ts';
import { PRIORITY } from './workflowStarts.ts';

/** What is done daily for the whole installation, by the id of its schedule. */
const SCHEDULED = {
  [KEEP_TIDY_ID]: { workflowType: 'keepTidy', summary: 'What has been kept long enough is deleted' },
  [KEEP_PROVIDER_ID]: {
    workflowType: 'keepProvider',
    summary: 'Routes and event webhooks at the mail provider are checked',
  },
};

const DEADLINE_MS = 10_000;

/**
 * Makes the schedules of what is done daily, or changes them to what this release wants, and has each done at
 * once: its settings may be new. One that an operator has paused stays so, and nothing is done. Idempotent; safe
 * to call concurrently, in several processes too.
 * @throws ServiceError when Temporal is away
 */
export async function keepSchedules(client: Client, everyMs = DAY_MS): Promise<void> {
  for (const scheduleId of Object.keys(SCHEDULED) as (keyof typeof SCHEDULED)[]) {
    const wanted = scheduleOf(scheduleId, everyMs);
    await client.connection.withDeadline(Date.now() + DEADLINE_MS, () => keepSchedule(client, wanted));
  }
}

async function keepSchedule({ schedule }: Client, { scheduleId, ...wanted }: Wanted): Promise<void> {
  const handle = schedule.getHandle(scheduleId);
  try {
    await schedule.create({ ...wanted, scheduleId });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const existing = await handle.describe();
    if (!isDeepStrictEqual(decided(existing), decided(wanted)))
      await handle.update(({ state }) => ({ ...wanted, state }));
    if (existing.state.paused) return;
  }
  // A run under way may have older settings: one more follows it. Those of further processes are left out.
  await handle.trigger('BUFFER_ONE');
}

type Wanted = ReturnType<typeof scheduleOf>;

function scheduleOf(scheduleId: keyof typeof SCHEDULED, everyMs: number) {
  const { workflowType, summary } = SCHEDULED[scheduleId];
  const action = {
    type: 'startWorkflow',
    workflowType,
    // The server adds the time of the run.
    workflowId: scheduleId,
    taskQueue: SET_UP_QUEUE,
    args: [],
    staticSummary: summary,
    priority: { priorityKey: PRIORITY.daily },
  } as const;
  return {
    scheduleId,
    // Not at the same second in every installation: the provider is asked.
    spec: { intervals: [{ every: everyMs }], jitter: everyMs / 24 },
    // After an outage of days it is done once.
    policies: { overlap: 'SKIP', catchupWindow: everyMs },
    action,
  } satisfies ScheduleOptions;
}

/** What of a schedule is decided here. Whether it is paused is the operator's. */
const decided = ({ spec, policies, action }: Omit<ScheduleOptions, 'scheduleId'>): unknown[] => [
  spec.intervals?.map((interval): unknown => interval.every),
  spec.jitter,
  policies?.overlap,
  policies?.catchupWindow,
  action.workflowType,
  action.taskQueue,
  action.staticSummary,
];
