import { proxyActivities } from '@temporalio/workflow';

interface FloorActivities {
  touch(): Promise<void>;
  post(url: string, body: string): Promise<number>;
}
const { touch, post } = proxyActivities<FloorActivities>({ startToCloseTimeout: '10 seconds' });

/** Starts and ends: the lowest cost of a run. */
export async function empty(): Promise<void> {}

/** One normal activity, which does nothing. */
export async function oneActivity(): Promise<void> {
  await touch();
}

/** One normal activity, which posts a body. */
export async function onePost(url: string, body: string): Promise<void> {
  await post(url, body);
}
