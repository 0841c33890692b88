import { continueAsNew, patched, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { DomainActivities } from '../activities/index.ts';
import { domainStep } from './policies.ts';
import { DAY_MS } from './time.ts';
import { wakeable } from './wake.ts';

/** Of a run of an earlier version: after these it went on as a new run. */
const DAYS_A_RUN = 30;

/**
 * Repairs what Postroom needs at its provider. A schedule starts it daily and at each start of a worker
 * (src/infra/temporal/schedules.ts). Without an API key there is nothing to do. Runs of an earlier version were a
 * loop without an end; theirs ends when it wakes the next time.
 */
export async function keepProvider(): Promise<'off' | 'kept' | 'refused'> {
  const { keepProvider: keep } = proxyActivities<DomainActivities>(domainStep);
  const { sleepOrWake, forgetWake } = wakeable();

  for (let days = 0; days < DAYS_A_RUN; days += 1) {
    forgetWake();
    const { verdict, code } = await keep();
    if (verdict === 'off') return verdict;
    setCurrentDetails(code === undefined ? verdict : `${verdict}: ${code}`);
    if (patched('scheduled')) return verdict;
    await sleepOrWake(DAY_MS);
  }
  return continueAsNew<typeof keepProvider>();
}
