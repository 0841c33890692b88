import { continueAsNew, proxyActivities, setCurrentDetails, sleep, upsertMemo } from '@temporalio/workflow';
import type { DomainActivities } from '../activities/index.ts';
import { domainStep } from './policies.ts';
import { isSuperseded } from './steps.ts';
import type { DomainOutcome, SetUpRun } from '../src/infra/temporal/runTypes.ts';
import { MINUTE_MS } from './time.ts';
import { wakeable } from './wake.ts';

/**
 * Looks of one run; then it goes on as a new one, because the length of a history is limited. A domain in
 * order gets one look a day.
 */
const LOOKS_A_RUN = 60;

/**
 * A workspace's claim on a domain, from the row that the API saved until the claim is deleted, expires, or is
 * lost.
 */
export async function verifyDomain(domain: SetUpRun): Promise<DomainOutcome> {
  const outcome = await verify(domain).catch((error: unknown): DomainOutcome => {
    if (isSuperseded(error)) return { action: 'superseded' };
    throw error;
  });
  upsertMemo({ outcome: outcome.action });
  return outcome;
}

async function verify(domain: SetUpRun): Promise<DomainOutcome> {
  const step = proxyActivities<DomainActivities>(domainStep);
  const { sleepOrWake, forgetWake } = wakeable();

  for (let looks = 0; looks < LOOKS_A_RUN; looks += 1) {
    forgetWake();
    const seen = await step.lookAtDomain(domain);
    if (seen.verdict === 'over') return leave(seen.state);
    const ms = Math.min(seen.ms, await carryOut(seen));
    setCurrentDetails(`${seen.state}; next look in ${Math.ceil(ms / MINUTE_MS)} min`);
    await sleepOrWake(ms);
  }
  return continueAsNew<typeof verifyDomain>(domain);

  /**
   * Does what the look decided. @returns the time after which a part that failed must be tried again (ms), or
   * Infinity.
   */
  async function carryOut({ apply, tell }: { apply: boolean; tell: boolean }): Promise<number> {
    const applied = apply ? await step.applyDomain(domain) : null;
    const mailed = tell ? await step.tellOwners(domain) : null;
    const waitsMs = [applied, mailed].flatMap((result) => (result?.verdict === 'later' ? [result.ms] : []));
    return Math.min(...waitsMs, Infinity);
  }

  /** Undoes what the claim has set up, however long the provider is away, and then notifies the owners. */
  async function leave(action: 'deleted' | 'expired' | 'lost'): Promise<DomainOutcome> {
    setCurrentDetails(`${action}; removing what it has set up`);
    const { provider } = await step.leaveDomain(domain);
    for (;;) {
      const mailed = await step.tellOwners(domain);
      if (mailed.verdict === 'told') return { action, provider };
      await sleep(mailed.ms);
    }
  }
}
