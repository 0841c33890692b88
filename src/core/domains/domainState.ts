import type { DomainNotice, DomainRecord } from '../../infra/models/domain.ts';
import type { DomainRow } from '../../infra/models/index.ts';
import { LOST, problemOf } from './problemText.ts';

type Purpose = DomainRecord['purpose'];

/** What a look at DNS and at the provider found. */
export interface DomainFindings {
  at: Date;
  /** Those that no resolver answered for are as they were. */
  records: DomainRecord[];
  /** What was answered for at this look. */
  answered: ReadonlySet<Purpose>;
  suspended: boolean;
  /** Why the provider does not have the domain, or was not asked, in words. */
  providerProblem: string | null;
  /** Another workspace has proved that the domain is its own. */
  rival: boolean;
}

/** What a look changes. */
export type DomainChange = Partial<DomainRow> & Pick<DomainRow, 'state'>;

/** Records without which the provider does not send. */
const FOR_SENDING: Purpose[] = ['spf', 'dkim'];

/**
 * What the row becomes by what was seen: ownership first, then sending and receiving. Pure. Nothing breaks because somebody did not
 * answer: a record that was right stays right until DNS says otherwise, and nothing is taken away at a look that did not
 * see the fault itself.
 * @param graceMs between the first sight of a fault and its consequence.
 */
export function nextDomainState(row: DomainRow, seen: DomainFindings, graceMs: number): DomainChange {
  const change = row.owned_at === null ? prove(row, seen, graceMs) : watch(row, seen, graceMs);
  const isChanged = (['state', 'sending', 'receiving', 'owned_at'] as const).some(
    (part) => change[part] !== undefined && change[part] !== row[part],
  );
  const after = { ...row, ...change, ...seenPart(seen) };
  return {
    ...change,
    ...seenPart(seen),
    problem: problemOf(after, seen.answered),
    wants_applying: row.wants_applying || isChanged,
  };
}

const seenPart = ({ at, records, suspended, providerProblem }: DomainFindings) => ({
  records,
  suspended,
  provider_problem: providerProblem,
  checked_at: at,
});

function prove(row: DomainRow, seen: DomainFindings, graceMs: number): DomainChange {
  if (isValid(seen, 'ownership')) {
    const owned = { ...row, owned_at: seen.at };
    return { owned_at: seen.at, ...watch(owned, seen, graceMs) };
  }
  const isOver = seen.at >= row.expires_at && seen.answered.has('ownership');
  return { state: isOver ? 'expired' : 'pending' };
}

function watch(row: DomainRow, seen: DomainFindings, graceMs: number): DomainChange {
  const disowned_at = isValid(seen, 'ownership') ? null : (row.disowned_at ?? seen.at);
  if (disowned_at && isDisowned(seen, disowned_at, graceMs))
    return lostDomain({ ...row, disowned_at }, seen.at);

  const { notices, ...receiving } = mail(row, seen);
  const sending = send({ ...row, notices }, seen, disowned_at, graceMs);
  return { disowned_at, ...receiving, ...sending };
}

/** The end of a claim that was proved. */
export function lostDomain(row: DomainRow, at: Date): DomainChange {
  return {
    state: 'lost',
    owned_at: null,
    sending: false,
    receiving: false,
    failing_since: null,
    grace_until: null,
    disowned_at: row.disowned_at ?? at,
    problem: LOST,
    notices: [...row.notices, notice('lost', at)],
    wants_applying: true,
  };
}

/** After the grace; at once when the domain has another owner. */
function isDisowned({ answered, rival, at }: DomainFindings, since: Date, graceMs: number): boolean {
  return answered.has('ownership') && (rival || at.getTime() >= since.getTime() + graceMs);
}

/** Mail that still comes is never skipped: receiving, once there, ends only with the claim. */
function mail(row: DomainRow, seen: DomainFindings): Pick<DomainRow, 'receiving' | 'mx_gone_at' | 'notices'> {
  const isLedHere = seen.records.some(({ purpose, state }) => purpose === 'mx' && state === 'valid');
  const receiving = row.receiving || isLedHere;
  if (!receiving || isLedHere) return { receiving, mx_gone_at: null, notices: row.notices };
  if (row.mx_gone_at) return { receiving, mx_gone_at: row.mx_gone_at, notices: row.notices };
  return { receiving, mx_gone_at: seen.at, notices: [...row.notices, notice('mx gone', seen.at)] };
}

function send(row: DomainRow, seen: DomainFindings, disowned_at: Date | null, graceMs: number): DomainChange {
  const { at } = seen;
  const isFit = canSend(seen);
  const told = (kind: DomainNotice['kind']) => ({ notices: [...row.notices, notice(kind, at)] });
  const clear = { failing_since: null, grace_until: null };
  if (row.state === 'broken') {
    if (isFit && !disowned_at) return { state: 'verified', sending: true, ...clear, ...told('mended') };
    const isNews = disowned_at !== null && row.disowned_at === null;
    const grace_until = disowned_at && new Date(disowned_at.getTime() + graceMs);
    return { state: 'broken', grace_until, notices: isNews ? told('failing').notices : row.notices };
  }
  const isBreaking = row.sending && !isFit;
  if (!isBreaking && !disowned_at) {
    const after = { state: isFit ? 'verified' : 'pending', sending: isFit, ...clear } as const;
    return { ...after, notices: row.state === 'failing' ? told('mended').notices : row.notices };
  }
  const grace_until = row.grace_until ?? new Date(at.getTime() + graceMs);
  const failing_since = row.failing_since ?? at;
  if (isBreaking && at >= grace_until && sawTheFault(seen)) {
    const left = disowned_at && new Date(disowned_at.getTime() + graceMs);
    return { state: 'broken', sending: false, failing_since, grace_until: left, ...told('broken') };
  }
  const isNews = row.state !== 'failing' || (disowned_at !== null && row.disowned_at === null);
  const notices = isNews ? told('failing').notices : row.notices;
  return { state: 'failing', failing_since, grace_until, notices };
}

function canSend({ records, suspended }: DomainFindings): boolean {
  // Several DKIM keys may be asked for: it is signed with one that is right.
  const isRight = (wanted: Purpose) =>
    records.some(({ purpose, state, accepted }) => purpose === wanted && state === 'valid' && accepted);
  return !suspended && FOR_SENDING.every(isRight);
}

/** What keeps it from sending was seen at this look, not only at an earlier one. */
function sawTheFault({ records, answered, suspended, providerProblem }: DomainFindings): boolean {
  if (suspended && providerProblem === null) return true;
  return records.some(
    ({ purpose, state, accepted }) =>
      FOR_SENDING.includes(purpose) &&
      answered.has(purpose) &&
      (state !== 'valid' || (!accepted && providerProblem === null)),
  );
}

const isValid = ({ records }: DomainFindings, purpose: Purpose): boolean =>
  records.some((record) => record.purpose === purpose && record.state === 'valid');

const notice = (kind: DomainNotice['kind'], at: Date): DomainNotice => ({ kind, at, told: [] });
