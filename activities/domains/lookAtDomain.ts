import {
  findOrCreateAtProvider,
  verifyAtProvider,
  type AtProvider,
} from '../../src/core/domains/atProvider.ts';
import { isLive } from '../../src/core/domains/domainClaims.ts';
import { nextDomainState, type DomainFindings } from '../../src/core/domains/domainState.ts';
import { msToNextLook } from '../../src/core/domains/nextLook.ts';
import {
  answerTo,
  isAnswered,
  lookUpRecords,
  recordsOf,
  withAnswers,
  type DnsAnswers,
} from '../../src/core/domains/records.ts';
import { hasRival, takeFromOthers } from '../../src/core/domains/rivals.ts';
import type { DomainRow } from '../../src/infra/models/index.ts';
import type { SetUpRun } from '../../src/infra/temporal/runTypes.ts';
import type { Deps } from '../deps.ts';
import { changeDomain, readDomain } from './domainRow.ts';

export type Looked =
  /** The claim goes on. `ms`: time until the next look. */
  | { verdict: 'looked'; state: DomainRow['state']; apply: boolean; tell: boolean; ms: number }
  /** The claim was deleted, was never proved, or is lost. */
  | { verdict: 'over'; state: 'deleted' | 'expired' | 'lost' };

/** What a look found. It is applied to the row as it is when the look ends. */
interface Found {
  at: Date;
  asked: AtProvider;
  answers: DnsAnswers;
  verifyAfter: Date | null;
  rival: boolean;
}

/** Shortest time between two requests to the provider to check DNS. */
const VERIFY_EVERY_MS = 60_000;

/**
 * One look: reads the domain at the provider and every record at our own resolvers, and decides the claim's
 * state. What cannot be read at the moment changes only the texts.
 */
export async function lookAtDomain(deps: Deps, run: SetUpRun): Promise<Looked> {
  const before = await readDomain(deps, run);
  if (!isLive(before)) return over(before);
  const msToDue = (before.check_wanted_at?.getTime() ?? 0) - deps.now().getTime();
  // The look was requested right after another one (infra/dns/lookGap.ts).
  if (msToDue > 0) return { ...looked(before), ms: msToDue };
  const found = await look(deps, before);
  const { graceMs } = deps.domains;
  const row = await changeDomain(deps, run, (now) =>
    isLive(now)
      ? { ...nextDomainState(now, findingsOf(now, found), graceMs), verify_after: found.verifyAfter }
      : null,
  );
  await deps.models.Domain.updateOne(
    { _id: run.id, check_wanted_at: { $lte: found.at } },
    { $set: { check_wanted_at: null } },
  );
  if (!isLive(row)) return over(row);
  const ms = msToNextLook(row, deps.now(), found.asked.problem === null ? null : found.asked.retryAfterMs);
  return { ...looked(row), ms };
}

const looked = ({ state, wants_applying, notices }: DomainRow) => ({
  verdict: 'looked' as const,
  state,
  apply: wants_applying,
  tell: notices.length > 0,
});

async function look(deps: Deps, row: DomainRow): Promise<Found> {
  const at = deps.now();
  let asked = await findOrCreateAtProvider(deps, row.name);
  const records = recordsOf(row, asked.domain);
  const answers = await lookUpRecords(deps.dns, records);
  const isNews = withAnswers(records, answers).some(({ state, accepted }) => state === 'valid' && !accepted);
  let verifyAfter = row.verify_after;
  if (asked.domain && isNews && !(verifyAfter && verifyAfter > at)) {
    const verified = await verifyAtProvider(deps, row.name);
    const ms = (verified.problem === null ? null : verified.retryAfterMs) ?? VERIFY_EVERY_MS;
    verifyAfter = new Date(at.getTime() + ms);
    // A provider that is too busy to check is no problem of the domain.
    if (verified.domain) asked = verified;
  }
  const ownership = records.find(({ purpose }) => purpose === 'ownership');
  const owners = ownership ? answerTo(ownership, answers) : null;
  if (owners?.agreed.includes(row.ownership_value)) await takeFromOthers(deps, row, owners, at);
  const rival = owners !== null && (await hasRival(deps.models, row, owners));
  return { at, asked, answers, verifyAfter, rival };
}

function findingsOf(row: DomainRow, { at, asked, answers, rival }: Found): DomainFindings {
  const records = withAnswers(recordsOf(row, asked.domain), answers);
  const answered = records.filter((record) => isAnswered(record, answers)).map(({ purpose }) => purpose);
  return {
    at,
    records,
    rival,
    answered: new Set(answered),
    suspended: asked.domain?.isDisabled ?? row.suspended,
    providerProblem: asked.problem,
  };
}

function over({ deleted_at, state }: DomainRow): Looked {
  return { verdict: 'over', state: deleted_at ? 'deleted' : (state as 'expired' | 'lost') };
}
