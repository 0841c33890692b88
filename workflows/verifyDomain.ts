import {
  condition,
  continueAsNew,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  upsertMemo,
} from '@temporalio/workflow';
import type { DomainActivities } from '../activities/index.ts';
import { domainStep } from './policies.ts';
import { isSuperseded } from './steps.ts';
import type { DomainOutcome, SetUpRun } from '../src/infra/temporal/runTypes.ts';

/** Something happened to the claim: its row is to be looked at, and decides. */
const wake = defineSignal('wake');

/** Looks of one run; then it goes on as a new one, because a history has an end. A domain in order is looked at once a day. */
const LOOKS_A_RUN = 60;

/** A workspace's claim on a domain, from the row that the API saved until it is deleted, has expired, or is lost. */
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
  let isWoken = false;
  setHandler(wake, () => void (isWoken = true));

  for (let looks = 0; looks < LOOKS_A_RUN; looks += 1) {
    isWoken = false;
    const seen = await step.lookAtDomain(domain);
    if (seen.verdict === 'over') return leave(seen.state);
    const ms = Math.min(seen.ms, await carryOut(seen));
    setCurrentDetails(`${seen.state}; looked at again in ${Math.ceil(ms / 60_000)} min`);
    await condition(() => isWoken, ms);
  }
  return continueAsNew<typeof verifyDomain>(domain);

  /** What the look decided. @returns when what could not be done just now is to be tried again (ms). */
  async function carryOut({ apply, tell }: { apply: boolean; tell: boolean }): Promise<number> {
    const applied = apply ? await step.applyDomain(domain) : null;
    const told = tell ? await step.tellOwners(domain) : null;
    const isLeft = [applied, told].flatMap((done) => (done?.verdict === 'later' ? [done.ms] : []));
    return Math.min(...isLeft, Infinity);
  }

  /** Whatever came of the claim is taken back, however long the provider is away. */
  async function leave(action: 'deleted' | 'expired' | 'lost'): Promise<DomainOutcome> {
    setCurrentDetails(`${action}; what came of it is taken back`);
    const { provider } = await step.leaveDomain(domain);
    for (;;) {
      const told = await step.tellOwners(domain);
      if (told.verdict === 'told') return { action, provider };
      await sleep(told.ms);
    }
  }
}
