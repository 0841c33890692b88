import { continueAsNew, proxyActivities, setCurrentDetails } from '@temporalio/workflow';
import type { DomainActivities } from '../activities/index.ts';
import { domainStep } from './policies.ts';
import { DAY_MS } from './time.ts';
import { wakeable } from './wake.ts';

/** After these it goes on as a new run, because the length of a history is limited. */
const DAYS_A_RUN = 30;

/**
 * One for the installation, without an end. It repairs what Postroom needs at its provider: daily, and when a
 * worker wakes it at its start. Without an API key there is nothing to do; setting one means starting the
 * worker again.
 */
export async function keepProvider(): Promise<'off'> {
  const { keepProvider: keep } = proxyActivities<DomainActivities>(domainStep);
  const { sleepOrWake, forgetWake } = wakeable();

  for (let days = 0; days < DAYS_A_RUN; days += 1) {
    forgetWake();
    const { verdict, code } = await keep();
    if (verdict === 'off') return verdict;
    setCurrentDetails(code === undefined ? verdict : `${verdict}: ${code}`);
    await sleepOrWake(DAY_MS);
  }
  return continueAsNew<typeof keepProvider>();
}
