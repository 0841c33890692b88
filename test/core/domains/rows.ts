import type { DomainRecord } from '../../../src/infra/models/domain.ts';
import type { DomainRow } from '../../../src/infra/models/index.ts';
import { newId } from '../../../src/lib/ids.ts';
import { DAY_MS } from '../../../src/lib/time.ts';
export { DAY_MS, HOUR_MS } from '../../../src/lib/time.ts';

type State = DomainRecord['state'];

/**
 * The records of acme.test, as a provider asks for them; DNS has them as `states` says, or not at all yet.
 */
export function records(states: Partial<Record<DomainRecord['purpose'], State>> = {}): DomainRecord[] {
  const all: Pick<DomainRecord, 'purpose' | 'type' | 'name' | 'value' | 'priority'>[] = [
    {
      purpose: 'ownership',
      type: 'TXT',
      name: '_postroom.acme.test',
      value: 'postroom-domain=1',
      priority: null,
    },
    { purpose: 'spf', type: 'TXT', name: 'acme.test', value: 'v=spf1 include:spf.test ~all', priority: null },
    { purpose: 'dkim', type: 'TXT', name: 'k1._domainkey.acme.test', value: 'k=rsa; p=MIGf', priority: null },
    { purpose: 'mx', type: 'MX', name: 'acme.test', value: 'mxa.test', priority: 10 },
    { purpose: 'mx', type: 'MX', name: 'acme.test', value: 'mxb.test', priority: 10 },
    { purpose: 'tracking', type: 'CNAME', name: 'email.acme.test', value: 'track.test', priority: null },
  ];
  return all.map((record) => {
    const state = states[record.purpose] ?? 'pending';
    return { ...record, state, found: [], accepted: state === 'valid' };
  });
}

export const RIGHT = { ownership: 'valid', spf: 'valid', dkim: 'valid', mx: 'valid' } as const;

/** A claim on acme.test of two days ago, as it is when nothing else is said: nothing is proved. */
export function domainRow(change: Partial<DomainRow> = {}): DomainRow {
  const created_at = new Date(Date.now() - 2 * DAY_MS);
  return {
    _id: newId(),
    workspace_id: 'acme',
    name: 'acme.test',
    state: 'pending',
    ownership_value: 'postroom-domain=1',
    owned_at: null,
    sending: false,
    receiving: false,
    records: records(),
    suspended: false,
    catch_all_id: null,
    problem: null,
    provider_problem: null,
    failing_since: null,
    grace_until: null,
    disowned_at: null,
    mx_gone_at: null,
    notices: [],
    wants_applying: false,
    verify_after: null,
    checked_at: null,
    check_wanted_at: null,
    changes: 0,
    run: 1,
    wants_start: false,
    deleted_at: null,
    expires_at: new Date(created_at.getTime() + 14 * DAY_MS),
    created_at,
    ...change,
  };
}

/** One that is owned, sends and receives. */
export const verifiedRow = (change: Partial<DomainRow> = {}): DomainRow =>
  domainRow({
    state: 'verified',
    owned_at: new Date(Date.now() - DAY_MS),
    sending: true,
    receiving: true,
    records: records(RIGHT),
    ...change,
  });
