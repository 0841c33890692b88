import { proxyActivities } from '@temporalio/workflow';

const { touch } = proxyActivities<{ touch(): Promise<void> }>({ startToCloseTimeout: '10 seconds' });

/** Starts and ends: the least that a run costs. */
export async function empty(): Promise<void> {}

/** One normal activity, which does nothing. */
export async function oneActivity(): Promise<void> {
  await touch();
}
