import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
} from '@temporalio/workflow';
import type { DomainActivities } from '../activities/index.ts';
import { domainStep } from './policies.ts';
import { DAY_MS } from './time.ts';

/** A worker has started. */
const wake = defineSignal('wake');

/** Then it goes on as a new run, because a history has an end. */
const DAYS_A_RUN = 30;

/**
 * One for the installation, without an end: what Postroom needs at its provider is as it is to be, at each start of a worker and daily.
 * Without a key there is nothing to do; whoever sets one starts the worker again.
 */
export async function keepProvider(): Promise<'off'> {
  const { keepProvider: keep } = proxyActivities<DomainActivities>(domainStep);
  let isWoken = false;
  setHandler(wake, () => void (isWoken = true));

  for (let days = 0; days < DAYS_A_RUN; days += 1) {
    isWoken = false;
    const { verdict, code } = await keep();
    if (verdict === 'off') return verdict;
    setCurrentDetails(code === undefined ? verdict : `${verdict}: ${code}`);
    await condition(() => isWoken, DAY_MS);
  }
  return continueAsNew<typeof keepProvider>();
}
