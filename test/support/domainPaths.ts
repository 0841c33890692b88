import { ApplicationFailure } from '@temporalio/common';
import type { DomainActivities } from '../../activities/index.ts';
import type { Looked } from '../../activities/domains/lookAtDomain.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/time.ts';
export { DAY_MS, HOUR_MS, MINUTE_MS } from '../../src/lib/time.ts';

type Step = keyof DomainActivities;
type Result<Name extends Step> = Awaited<ReturnType<DomainActivities[Name]>>;
/** What each call of a step gives, in order (the last one stays); an error is thrown. */
export type DomainScript = { [Name in Step]?: (Result<Name> | Error)[] };

type Went = Extract<Looked, { verdict: 'looked' }>;
const looked = (state: Went['state'], ms: number, more: Partial<Went> = {}): Looked => ({
  verdict: 'looked',
  state,
  apply: false,
  tell: false,
  ms,
  ...more,
});
const over = (state: 'deleted' | 'expired' | 'lost'): Looked => ({ verdict: 'over', state });
const waits = looked('pending', MINUTE_MS);
const daily = looked('verified', DAY_MS);
const later = { verdict: 'later', code: 'ProviderAway', ms: 10 * MINUTE_MS } as const;
const away = (step: string) => ApplicationFailure.retryable(`${step}: ProviderAway`);

/** A script for every way through `verifyDomain`; a step that is not named succeeds. */
export const domainPaths: Record<string, DomainScript> = {
  'proved-then-deleted': {
    lookAtDomain: [waits, waits, looked('verified', DAY_MS, { apply: true }), daily, over('deleted')],
    leaveDomain: [{ provider: 'removed' }],
  },
  expired: { lookAtDomain: [waits, looked('pending', 13 * DAY_MS), over('expired')] },
  'failing-then-mended': {
    lookAtDomain: [
      daily,
      looked('failing', HOUR_MS, { apply: true, tell: true }),
      looked('failing', HOUR_MS),
      looked('verified', DAY_MS, { apply: true, tell: true }),
      over('deleted'),
    ],
  },
  lost: {
    lookAtDomain: [looked('failing', HOUR_MS, { tell: true }), over('lost')],
    tellOwners: [{ verdict: 'told' }, later, { verdict: 'told' }],
    leaveDomain: [away('leaveDomain'), away('leaveDomain'), { provider: 'removed' }],
  },
  'provider-away': {
    lookAtDomain: [
      looked('verified', DAY_MS, { apply: true, tell: true }),
      looked('verified', DAY_MS, { apply: true, tell: true }),
      daily,
      over('deleted'),
    ],
    applyDomain: [later, { verdict: 'applied' }],
    tellOwners: [{ ...later, ms: HOUR_MS }, { verdict: 'told' }],
  },
  'provider-refuses-removal': {
    lookAtDomain: [over('deleted')],
    leaveDomain: [{ provider: 'refused' }],
  },
  /** Somebody asks for a look: the run is sent the signal once its first look has begun. */
  woken: { lookAtDomain: [looked('pending', 2 * HOUR_MS), looked('pending', 2 * HOUR_MS), over('deleted')] },
  superseded: { lookAtDomain: [waits, ApplicationFailure.nonRetryable('Superseded', 'Superseded')] },
  'database-away': { lookAtDomain: [away('lookAtDomain'), away('lookAtDomain'), waits, over('deleted')] },
  /** Two months in order: it goes on as a new run. */
  continued: { lookAtDomain: [...Array<Looked>(61).fill(daily), over('deleted')] },
};

/** The same for `keepProvider`. Of an earlier version, which went on daily, are `refused` and `continued`. */
export const keepPaths: Record<string, DomainScript> = {
  off: { keepProvider: [{ verdict: 'off' }] },
  refused: { keepProvider: [{ verdict: 'refused', code: 'Http404' }, { verdict: 'off' }] },
  scheduled: { keepProvider: [away('keepProvider'), { verdict: 'kept' }] },
  continued: {
    keepProvider: [...Array<Result<'keepProvider'>>(31).fill({ verdict: 'kept' }), { verdict: 'off' }],
  },
};

const GOES_WELL: Required<DomainScript> = {
  lookAtDomain: [daily],
  applyDomain: [{ verdict: 'applied' }],
  tellOwners: [{ verdict: 'told' }],
  leaveDomain: [{ provider: 'kept' }],
  keepProvider: [{ verdict: 'kept' }],
};

/** Activities that play a script; `calls` records which step was called, and when by `now`. */
export function scriptedDomain(
  script: DomainScript,
  now: () => Promise<number> = async () => 0,
): { activities: DomainActivities; calls: [step: string, atMs: number][] } {
  const calls: [string, number][] = [];
  const steps = Object.entries({ ...GOES_WELL, ...script }).map(([name, results]) => {
    let n = 0;
    const step = async (): Promise<unknown> => {
      calls.push([name, await now()]);
      const result = results[Math.min(n++, results.length - 1)];
      if (result instanceof Error) throw result;
      return result;
    };
    return [name, step];
  });
  return { activities: Object.fromEntries(steps) as DomainActivities, calls };
}
