import type { DomainNotice, DomainRecord } from '../../infra/models/domain.ts';
import type { DomainRow } from '../../infra/models/index.ts';
import { LOST, problemOf } from './problemText.ts';

type Purpose = DomainRecord['purpose'];

/** What one look at DNS and at the provider found. */
export interface DomainFindings {
  at: Date;
  /** A record for which DNS gave no answer has its earlier state. */
  records: DomainRecord[];
  /** Records for which DNS gave an answer at this look. */
  answered: ReadonlySet<Purpose>;
  suspended: boolean;
  /** Why the provider does not have the domain, or could not be asked, as a sentence. */
  providerProblem: string | null;
  /** Another workspace has proved that it owns the domain. */
  rival: boolean;
}

/** The fields that a look changes. */
export type DomainChange = Partial<DomainRow> & Pick<DomainRow, 'state'>;

/** Records without which the provider does not send. */
const FOR_SENDING: Purpose[] = ['spf', 'dkim'];

/**
 * The row's next state, from what a look found: ownership first, then receiving and sending. Pure. Missing
 * answers break nothing: a record that was right stays right until DNS says otherwise, and a right is taken
 * away only at a look that saw the fault itself.
 * @param graceMs time between the first look that sees a fault and the fault's consequence.
 */
export function nextDomainState(row: DomainRow, seen: DomainFindings, graceMs: number): DomainChange {
  const change = row.owned_at === null ? proveOwnership(row, seen, graceMs) : watchOwned(row, seen, graceMs);
  const isChanged = (['state', 'sending', 'receiving', 'owned_at'] as const).some(
    (field) => change[field] !== undefined && change[field] !== row[field],
  );
  const after = { ...row, ...change, ...observedFields(seen) };
  return {
    ...change,
    ...observedFields(seen),
    problem: problemOf(after, seen.answered),
    wants_applying: row.wants_applying || isChanged,
  };
}

const observedFields = ({ at, records, suspended, providerProblem }: DomainFindings) => ({
  records,
  suspended,
  provider_problem: providerProblem,
  checked_at: at,
});

function proveOwnership(row: DomainRow, seen: DomainFindings, graceMs: number): DomainChange {
  if (isValid(seen, 'ownership')) {
    const owned = { ...row, owned_at: seen.at };
    return { owned_at: seen.at, ...watchOwned(owned, seen, graceMs) };
  }
  const isExpired = seen.at >= row.expires_at && seen.answered.has('ownership');
  return { state: isExpired ? 'expired' : 'pending' };
}

function watchOwned(row: DomainRow, seen: DomainFindings, graceMs: number): DomainChange {
  const disowned_at = isValid(seen, 'ownership') ? null : (row.disowned_at ?? seen.at);
  if (disowned_at && isDisowned(seen, disowned_at, graceMs))
    return endOwnedClaim({ ...row, disowned_at }, seen.at);

  const { notices, ...receiving } = nextReceiving(row, seen);
  const sending = nextSending({ ...row, notices }, seen, disowned_at, graceMs);
  return { disowned_at, ...receiving, ...sending };
}

/** Ends a claim whose ownership was proved, and is no longer. */
export function endOwnedClaim(row: DomainRow, at: Date): DomainChange {
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

/** After the grace period; immediately when another workspace owns the domain. */
function isDisowned({ answered, rival, at }: DomainFindings, since: Date, graceMs: number): boolean {
  return answered.has('ownership') && (rival || at.getTime() >= since.getTime() + graceMs);
}

/** `receiving` ends only with the claim, so that mail which still arrives here is never skipped. */
function nextReceiving(
  row: DomainRow,
  seen: DomainFindings,
): Pick<DomainRow, 'receiving' | 'mx_gone_at' | 'notices'> {
  const hasMx = seen.records.some(({ purpose, state }) => purpose === 'mx' && state === 'valid');
  const receiving = row.receiving || hasMx;
  if (!receiving || hasMx) return { receiving, mx_gone_at: null, notices: row.notices };
  if (row.mx_gone_at) return { receiving, mx_gone_at: row.mx_gone_at, notices: row.notices };
  return { receiving, mx_gone_at: seen.at, notices: [...row.notices, notice('mx gone', seen.at)] };
}

function nextSending(
  row: DomainRow,
  seen: DomainFindings,
  disowned_at: Date | null,
  graceMs: number,
): DomainChange {
  const { at } = seen;
  const isFit = canSend(seen);
  const withNotice = (kind: DomainNotice['kind']) => ({ notices: [...row.notices, notice(kind, at)] });
  const clear = { failing_since: null, grace_until: null };
  if (row.state === 'broken') {
    if (isFit && !disowned_at) return { state: 'verified', sending: true, ...clear, ...withNotice('mended') };
    const isNews = disowned_at !== null && row.disowned_at === null;
    const grace_until = disowned_at && new Date(disowned_at.getTime() + graceMs);
    return { state: 'broken', grace_until, notices: isNews ? withNotice('failing').notices : row.notices };
  }
  const isBreaking = row.sending && !isFit;
  if (!isBreaking && !disowned_at) {
    const after = { state: isFit ? 'verified' : 'pending', sending: isFit, ...clear } as const;
    return { ...after, notices: row.state === 'failing' ? withNotice('mended').notices : row.notices };
  }
  const grace_until = row.grace_until ?? new Date(at.getTime() + graceMs);
  const failing_since = row.failing_since ?? at;
  if (isBreaking && at >= grace_until && sawSendingFault(seen)) {
    const ownershipGraceUntil = disowned_at && new Date(disowned_at.getTime() + graceMs);
    return {
      state: 'broken',
      sending: false,
      failing_since,
      grace_until: ownershipGraceUntil,
      ...withNotice('broken'),
    };
  }
  const isNews = row.state !== 'failing' || (disowned_at !== null && row.disowned_at === null);
  const notices = isNews ? withNotice('failing').notices : row.notices;
  return { state: 'failing', failing_since, grace_until, notices };
}

function canSend({ records, suspended }: DomainFindings): boolean {
  // The provider may ask for several DKIM keys; one that is right is enough to sign.
  const isRight = (wanted: Purpose) =>
    records.some(({ purpose, state, accepted }) => purpose === wanted && state === 'valid' && accepted);
  return !suspended && FOR_SENDING.every(isRight);
}

/** Whether this look itself, not only an earlier one, saw what prevents sending. */
function sawSendingFault({ records, answered, suspended, providerProblem }: DomainFindings): boolean {
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
