import { nextDomainState, type DomainFindings } from '../../../src/core/domains/domainState.ts';
import type { DomainRecord } from '../../../src/infra/models/domain.ts';
import type { DomainRow } from '../../../src/infra/models/index.ts';
import { DAY_MS, domainRow, HOUR_MS, records, RIGHT, verifiedRow } from './rows.ts';

const GRACE_MS = 3 * DAY_MS;
const NOW = new Date();
const later = (ms: number) => new Date(NOW.getTime() + ms);

type States = Parameters<typeof records>[0];
/** What a look saw at which everybody answered, when nothing else is said. */
const seen = (states: States, more: Partial<DomainFindings> = {}): DomainFindings => ({
  at: NOW,
  records: records(states),
  suspended: false,
  providerProblem: null,
  rival: false,
  answered: new Set<DomainRecord['purpose']>(['ownership', 'spf', 'dkim', 'mx', 'tracking']),
  ...more,
});
/** A look at which DNS was silent: the records are as the row has them. */
const silent = (row: DomainRow, more: Partial<DomainFindings> = {}): DomainFindings =>
  seen({}, { records: row.records, answered: new Set(), ...more });
const after = (row: DomainRow, look: DomainFindings): DomainRow => ({
  ...row,
  ...nextDomainState(row, look, GRACE_MS),
});
const noticesOf = ({ notices }: DomainRow) => notices.map(({ kind }) => kind);

describe('a claim that is not proved', () => {
  test('DKIM, SPF and MX prove nothing of it', () => {
    const row = after(domainRow(), seen({ ...RIGHT, ownership: 'missing' }));
    expect(row).toMatchObject({ state: 'pending', owned_at: null, sending: false, receiving: false });
    expect(row.problem).toContain('_postroom.acme.test');
  });

  test('its record proves it; the rest comes as it is there', () => {
    const owned = after(
      domainRow(),
      seen({ ownership: 'valid', spf: 'missing', dkim: 'missing', mx: 'missing' }),
    );
    expect(owned).toMatchObject({ state: 'pending', owned_at: NOW, sending: false, receiving: false });
    expect(owned.wants_applying).toBe(true);
    const receiving = after(owned, seen({ ownership: 'valid', mx: 'valid', spf: 'valid', dkim: 'missing' }));
    expect(receiving).toMatchObject({ state: 'pending', sending: false, receiving: true });
    const sending = after(receiving, seen(RIGHT));
    expect(sending).toMatchObject({ state: 'verified', sending: true, receiving: true, problem: null });
    expect(noticesOf(sending)).toEqual([]);
  });

  test('a record that the provider has not seen yet is not enough to send', () => {
    const unseen = records(RIGHT).map((record) => ({ ...record, accepted: record.purpose !== 'dkim' }));
    const row = after(domainRow(), seen({}, { records: unseen }));
    expect(row).toMatchObject({ state: 'pending', sending: false });
    expect(row.problem).toContain('not seen it yet');
  });

  test('one MX record of two is enough', () => {
    const half = records({ ...RIGHT, mx: 'wrong' });
    half[3]!.state = 'valid';
    expect(after(domainRow(), seen({}, { records: half })).receiving).toBe(true);
  });

  test('expires in time, but not while DNS is silent', () => {
    const row = domainRow({ expires_at: NOW });
    expect(after(row, seen({ ownership: 'missing' })).state).toBe('expired');
    expect(after(row, silent(row)).state).toBe('pending');
    expect(after(row, seen({ ownership: 'valid' }))).toMatchObject({ state: 'pending', owned_at: NOW });
  });
});

describe('something breaks', () => {
  const broken = { ...RIGHT, dkim: 'wrong' } as const;

  test.each<[string, Partial<DomainFindings>]>([
    ['SPF', { records: records({ ...RIGHT, spf: 'missing' }) }],
    ['DKIM', { records: records(broken) }],
    ['the provider suspends it', { suspended: true, records: records(RIGHT) }],
    [
      'the provider no longer accepts DKIM',
      { records: records(RIGHT).map((r) => ({ ...r, accepted: false })) },
    ],
    ['ownership', { records: records({ ...RIGHT, ownership: 'missing' }) }],
  ])('%s: it continues during the grace, and the owners are notified once', (_what, look) => {
    const row = after(verifiedRow(), seen({}, look));
    expect(row).toMatchObject({ state: 'failing', failing_since: NOW, grace_until: later(GRACE_MS) });
    expect(row).toMatchObject({ sending: true, receiving: true });
    expect(row.owned_at).not.toBeNull();
    expect(row.problem).not.toBeNull();
    expect(noticesOf(row)).toEqual(['failing']);
    const again = after(row, seen({}, { ...look, at: later(HOUR_MS) }));
    expect(again).toMatchObject({ state: 'failing', failing_since: NOW, grace_until: later(GRACE_MS) });
    expect(noticesOf(again)).toEqual(['failing']);
    expect(again.wants_applying).toBe(true);
  });

  test('when it is repaired, everything is as before and the owners are notified', () => {
    const row = after(after(verifiedRow(), seen(broken)), seen(RIGHT, { at: later(HOUR_MS) }));
    expect(row).toMatchObject({ state: 'verified', sending: true, failing_since: null, grace_until: null });
    expect(noticesOf(row)).toEqual(['failing', 'mended']);
  });

  test('after the grace it sends no more, and receives as before; later it may again', () => {
    const failing = after(verifiedRow(), seen(broken));
    const over = after(failing, seen(broken, { at: later(GRACE_MS) }));
    expect(over).toMatchObject({ state: 'broken', sending: false, receiving: true, grace_until: null });
    const still = after(over, seen(broken, { at: later(5 * DAY_MS) }));
    expect(noticesOf(still)).toEqual(['failing', 'broken']);
    const mended = after(still, seen(RIGHT, { at: later(6 * DAY_MS) }));
    expect(mended).toMatchObject({ state: 'verified', sending: true, failing_since: null });
    expect(noticesOf(mended)).toEqual(['failing', 'broken', 'mended']);
  });

  test('nothing is taken away at a look at which DNS did not answer', () => {
    const verified = verifiedRow();
    expect(after(verified, silent(verified))).toMatchObject({ state: 'verified', sending: true });
    const failing = after(verified, seen(broken));
    const at = later(GRACE_MS);
    expect(after(failing, silent(failing, { at }))).toMatchObject({ state: 'failing', sending: true });
    const disowned = after(verified, seen({ ...RIGHT, ownership: 'missing' }));
    expect(after(disowned, silent(disowned, { at }))).toMatchObject({ state: 'failing', sending: true });
  });

  test('nor because of an earlier answer of a provider that is unavailable now', () => {
    const suspended = after(verifiedRow(), seen(RIGHT, { suspended: true }));
    const look = { at: later(GRACE_MS), suspended: true, providerProblem: 'is away' };
    expect(after(suspended, seen(RIGHT, look))).toMatchObject({ state: 'failing', sending: true });
  });

  test('missing MX records are reported once; mail that still comes is accepted', () => {
    const gone = after(verifiedRow(), seen({ ...RIGHT, mx: 'missing' }));
    expect(gone).toMatchObject({ state: 'verified', sending: true, receiving: true, mx_gone_at: NOW });
    expect(gone.problem).toContain('MX');
    const still = after(gone, seen({ ...RIGHT, mx: 'missing' }, { at: later(DAY_MS) }));
    expect(noticesOf(still)).toEqual(['mx gone']);
    const back = after(still, seen(RIGHT, { at: later(2 * DAY_MS) }));
    expect(back).toMatchObject({ mx_gone_at: null, problem: null });
    expect(noticesOf(after(back, seen({ ...RIGHT, mx: 'wrong' })))).toEqual(['mx gone', 'mx gone']);
  });
});

describe('ownership is gone', () => {
  const gone = { ...RIGHT, ownership: 'missing' } as const;
  const lost = { state: 'lost', owned_at: null, sending: false, receiving: false };

  test('after the grace the claim is lost', () => {
    const failing = after(verifiedRow(), seen(gone));
    const row = after(failing, seen(gone, { at: later(GRACE_MS) }));
    expect(row).toMatchObject({ ...lost, wants_applying: true });
    expect(noticesOf(row)).toEqual(['failing', 'lost']);
  });

  test('at once when another workspace has proved its own', () => {
    expect(after(verifiedRow(), seen(gone, { rival: true }))).toMatchObject(lost);
    expect(after(verifiedRow(), seen(RIGHT, { rival: true }))).toMatchObject({ state: 'verified' });
  });

  test('of a claim that never sent: it is pending again when it is back', () => {
    const row = domainRow({ owned_at: NOW, records: records({ ownership: 'valid' }) });
    const failing = after(row, seen({ ownership: 'wrong' }));
    expect(failing).toMatchObject({ state: 'failing', sending: false });
    expect(after(failing, seen({ ownership: 'valid' }))).toMatchObject({ state: 'pending', sending: false });
  });

  test('of a broken one: it has a grace of its own', () => {
    const bad = { ...RIGHT, spf: 'missing' } as const;
    const broken = after(after(verifiedRow(), seen(bad)), seen(bad, { at: later(GRACE_MS) }));
    const disowned = after(broken, seen({ ...bad, ownership: 'missing' }, { at: later(4 * DAY_MS) }));
    expect(disowned).toMatchObject({ state: 'broken', grace_until: later(7 * DAY_MS) });
    expect(noticesOf(disowned)).toEqual(['failing', 'broken', 'failing']);
    expect(after(disowned, seen({ ...bad, ownership: 'missing' }, { at: later(7 * DAY_MS) }))).toMatchObject(
      lost,
    );
    expect(after(disowned, seen(bad, { at: later(5 * DAY_MS) }))).toMatchObject({
      state: 'broken',
      grace_until: null,
    });
  });
});

test('a second look at the same records changes nothing more, because steps may run twice', () => {
  for (const row of [
    domainRow(),
    verifiedRow(),
    verifiedRow({ disowned_at: new Date(NOW.getTime() - DAY_MS) }),
  ])
    for (const states of [
      RIGHT,
      { ...RIGHT, dkim: 'wrong' },
      { ...RIGHT, ownership: 'missing' },
      {},
    ] as States[]) {
      const once = after(row, seen(states));
      if (once.state !== 'lost') expect(after(once, seen(states))).toEqual(once);
    }
});
