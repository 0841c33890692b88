import fc from 'fast-check';
import { recordState, unquoted, type WantedRecord } from '../../../src/infra/dns/recordState.ts';

const wanted = (
  purpose: WantedRecord['purpose'],
  value: string,
  type: WantedRecord['type'] = 'TXT',
): WantedRecord => ({ purpose, type, name: 'acme.test', value, priority: type === 'MX' ? 10 : null });

describe('ownership', () => {
  const token = wanted('ownership', 'postroom=Ab12');
  test.each([
    ['nothing there', [], 'missing'],
    ['equal', ['postroom=Ab12'], 'valid'],
    ['equal, in quotes and spaces that a panel left', [' "postroom=Ab12" '], 'valid'],
    ['beside the token of another workspace', ['postroom=Zz99', 'postroom=Ab12'], 'valid'],
    ['only that of another workspace', ['postroom=Zz99'], 'wrong'],
    ['a token is case-sensitive', ['postroom=ab12'], 'wrong'],
    ['more around it', ['x postroom=Ab12'], 'wrong'],
  ])('%s', (_, found, state) => {
    expect(recordState(token, found)).toBe(state);
  });
});

describe('SPF', () => {
  const spf = wanted('spf', 'v=spf1 include:mailgun.org ~all');
  test.each([
    [[], 'missing'],
    [['google-site-verification=x'], 'missing'],
    [['v=spf10 include:mailgun.org ~all'], 'missing'],
    [['v=spf1 include:mailgun.org ~all'], 'valid'],
    [['google-site-verification=x', 'v=spf1 include:mailgun.org ~all'], 'valid'],
    [['V=SPF1 a mx ip4:192.0.2.1 include:_spf.google.com +INCLUDE:Mailgun.org. -all'], 'valid'],
    [['v=spf1 include:mailgun.org'], 'valid'],
    [['v=spf1 include:_spf.google.com ~all'], 'wrong'],
    [['v=spf1 include:mailgun.org.evil.test ~all'], 'wrong'],
    [['v=spf1 -include:mailgun.org ~all'], 'wrong'],
    [['v=spf1 ~include:mailgun.org ~all'], 'wrong'],
    [['v=spf1 ?include:mailgun.org ~all'], 'wrong'],
    // Nothing behind `all` is looked at.
    [['v=spf1 -all include:mailgun.org'], 'wrong'],
    [['v=spf1 exists:include:mailgun.org ~all'], 'wrong'],
    // Two records: a permanent error for every receiver.
    [['v=spf1 include:mailgun.org ~all', 'v=spf1 include:_spf.google.com ~all'], 'wrong'],
    [['v=spf1'], 'wrong'],
  ])('%j: %s', (found, state) => {
    expect(recordState(spf, found)).toBe(state);
  });

  test('a wanted record that includes nothing is never there', () => {
    expect(recordState(wanted('spf', 'v=spf1 ~all'), ['v=spf1 ~all'])).toBe('wrong');
  });
});

describe('DKIM', () => {
  const dkim = wanted('dkim', 'k=rsa; p=MIGfMA0GCSq/Kb+x==');
  test.each([
    [[], 'missing'],
    [['k=rsa; p=MIGfMA0GCSq/Kb+x=='], 'valid'],
    [['p=MIGfMA0GCSq/Kb+x=='], 'valid'],
    [['v=DKIM1; k=rsa; t=s; p=MIGf MA0G\tCSq/Kb+x==;'], 'valid'],
    [['v=DKIM1;h=sha1:sha256;s=email;p=MIGfMA0GCSq/Kb+x=='], 'valid'],
    [['some other text', 'k=rsa; p=MIGfMA0GCSq/Kb+x=='], 'valid'],
    [['k=rsa; p=MIGfMA0GCSq/Kb+X=='], 'wrong'],
    [['k=rsa; p='], 'wrong'],
    [['k=ed25519; p=MIGfMA0GCSq/Kb+x=='], 'wrong'],
    [['k=rsa; v=DKIM1; p=MIGfMA0GCSq/Kb+x=='], 'wrong'],
    [['v=DKIM2; p=MIGfMA0GCSq/Kb+x=='], 'wrong'],
    [['h=sha1; p=MIGfMA0GCSq/Kb+x=='], 'wrong'],
    [['s=tlsrpt; p=MIGfMA0GCSq/Kb+x=='], 'wrong'],
    [['p=MIGfMA0GCSq/Kb+x==; p=MIGfMA0GCSq/Kb+x=='], 'wrong'],
    // Quotes that were published with it: no verifier reads that.
    [['"k=rsa; p=MIGfMA0GCSq/Kb+x=="'], 'wrong'],
    [['k=rsa; p=MIGfMA0GCSq/Kb+x==', 'k=rsa; p=other'], 'wrong'],
    [['some other text'], 'wrong'],
  ])('%j: %s', (found, state) => {
    expect(recordState(dkim, found)).toBe(state);
  });

  test('a wanted value as zone files write it, in chunks', () => {
    const chunked = wanted('dkim', String.raw`"k=rsa\; p=MIGfMA0G" "CSq/Kb+x=="`);
    expect(recordState(chunked, ['k=rsa; p=MIGfMA0GCSq/Kb+x=='])).toBe('valid');
  });

  test('a key behind a CNAME of the provider', () => {
    const delegated = wanted('dkim', 'k1.acme.test.dkim.example.', 'CNAME');
    expect(recordState(delegated, ['K1.acme.test.dkim.example'])).toBe('valid');
  });
});

describe('MX and tracking', () => {
  const mx = wanted('mx', 'mxa.mailgun.org', 'MX');
  test.each([
    [[], 'missing'],
    [['10 mxa.mailgun.org'], 'valid'],
    [['1 aspmx.l.google.com', '50 MXA.mailgun.org.'], 'valid'],
    [['10 mxb.mailgun.org'], 'wrong'],
    [['10 mxa.mailgun.org.evil.test'], 'wrong'],
  ])('MX %j: %s', (found, state) => {
    expect(recordState(mx, found)).toBe(state);
  });

  const tracking = wanted('tracking', 'mailgun.org', 'CNAME');
  test.each([
    [[], 'missing'],
    [['Mailgun.org.'], 'valid'],
    [['eu.mailgun.org'], 'wrong'],
  ])('CNAME %j: %s', (found, state) => {
    expect(recordState(tracking, found)).toBe(state);
  });
});

describe('for all published records', () => {
  const record = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc
      .array(fc.constantFrom('v=spf1', 'include:', ' ', 'p=', ';', 'k=rsa', '"', '\\', 'all', '.', '10 '))
      .map((parts) => parts.join('')),
  );
  const anyWanted = fc.record({
    purpose: fc.constantFrom('ownership', 'spf', 'dkim', 'mx', 'tracking'),
    type: fc.constantFrom('TXT', 'MX', 'CNAME'),
    name: fc.string(),
    value: record,
    priority: fc.option(fc.nat()),
  }) satisfies fc.Arbitrary<WantedRecord>;

  test('never throws, and no record is missing', () => {
    fc.assert(
      fc.property(anyWanted, fc.array(record), (one, found) => {
        const state = recordState(one, found);
        expect(['valid', 'missing', 'wrong']).toContain(state);
        if (found.length === 0) expect(state).toBe('missing');
      }),
    );
  });

  test('the order of the answer means nothing', () => {
    fc.assert(
      fc.property(anyWanted, fc.array(record), (one, found) => {
        expect(recordState(one, found.toReversed())).toBe(recordState(one, found));
      }),
    );
  });

  test('unquoting undoes what a zone file writes', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (chunks) => {
        const zone = chunks.map((chunk) => `"${chunk.replace(/["\\]/g, '\\$&')}"`).join(' ');
        expect(unquoted(zone)).toBe(chunks.join(''));
      }),
    );
  });
});
