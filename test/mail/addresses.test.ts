import fc from 'fast-check';
import { formatAddress, normaliseAddress, parseAddressList, withoutTag } from '../../src/mail/addresses.ts';

describe('normaliseAddress', () => {
  test.each([
    ['Ann.Lee+Tag@X.Test', 'ann.lee+tag@x.test'],
    [' ann@x.test ', 'ann@x.test'],
    ['ann@Bücher.test', 'ann@xn--bcher-kva.test'],
    ['ann@xn--bcher-kva.test', 'ann@xn--bcher-kva.test'],
    ['почта@пример.испытание', 'почта@xn--e1afmkfd.xn--80akhbyknj4f'],
    ['"a b"@x.test', '"a b"@x.test'],
    ['ann@[192.0.2.1]', 'ann@[192.0.2.1]'],
    ['root@localhost', 'root@localhost'],
    ["o'neil@x.test", "o'neil@x.test"],
  ])('%s', (written, expected) => {
    expect(normaliseAddress(written)).toBe(expected);
  });

  test.each([
    '',
    'ann',
    '@x.test',
    'ann@',
    'a b@x.test',
    'ann@x.test/path',
    'ann@x.test:25',
    'ann@x test',
    'a@b@x.test',
    'ann@x%2etest',
    'ann@x.test\r\nBcc: b',
    `${'a'.repeat(600)}@x.test`,
    '<ann@x.test>',
    'ann@',
  ])('%j is no address', (written) => expect(normaliseAddress(written)).toBeNull());

  test('is idempotent for any text', () => {
    const almost = fc.oneof(
      fc.emailAddress(),
      fc.string({ unit: 'binary' }),
      fc.tuple(fc.string({ unit: 'grapheme' }), fc.domain()).map((parts) => parts.join('@')),
    );
    fc.assert(
      fc.property(almost, (written) => {
        const once = normaliseAddress(written);
        if (once !== null) expect(normaliseAddress(once)).toBe(once);
      }),
      { numRuns: 1_000 },
    );
  });
});

test('withoutTag', () => {
  expect(withoutTag('ann+a+b@x.test')).toBe('ann@x.test');
  expect(withoutTag('ann@x.test')).toBeNull();
  expect(withoutTag('+a@x.test')).toBeNull();
  expect(withoutTag('"a+b"@x.test')).toBeNull();
  expect(withoutTag('ann@x+y.test')).toBeNull();
});

describe('parseAddressList', () => {
  test.each([
    ['Ann Lee <ann@x.test>', [{ email: 'ann@x.test', name: 'Ann Lee' }]],
    [
      'ann@x.test, "Lee, Bob" <Bob@X.test>',
      [
        { email: 'ann@x.test', name: '' },
        { email: 'Bob@X.test', name: 'Lee, Bob' },
      ],
    ],
    ['=?utf-8?Q?M=C3=BCller=2C_Ann?= <ann@x.test>', [{ email: 'ann@x.test', name: 'Müller, Ann' }]],
    ['=?iso-2022-jp?B?GyRCOzNFRBsoQg==?= <y@x.test>', [{ email: 'y@x.test', name: '山田' }]],
    ['Müller, Ann <ann@x.test>', [{ email: 'ann@x.test', name: 'Müller, Ann' }]],
    [
      'Team: ann@x.test, Bob <bob@x.test>; cy@x.test',
      [
        { email: 'ann@x.test', name: '' },
        { email: 'bob@x.test', name: 'Bob' },
        { email: 'cy@x.test', name: '' },
      ],
    ],
    ['undisclosed-recipients:;', []],
    ['ann@x.test (Ann Lee)', [{ email: 'ann@x.test', name: 'Ann Lee' }]],
    ['"a@evil.test" <ann@x.test>', [{ email: 'ann@x.test', name: 'a@evil.test' }]],
    ['MAILER-DAEMON', []],
    ['', []],
    ['<>', []],
  ])('%s', (written, expected) => {
    expect(parseAddressList(written)).toEqual(expected);
  });

  test('never throws, keeps to its cap, and every address holds an @', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(
          fc.constantFrom(
            '<',
            '>',
            '"',
            '(',
            ')',
            ',',
            ';',
            ':',
            '@',
            '\\',
            'a',
            ' ',
            '=?utf-8?Q?',
            '?=',
            '\uD800',
            '[',
            ']',
            '\0',
          ),
        )
        .map((all) => all.join('')),
    );
    fc.assert(
      fc.property(text, (written) => {
        for (const { email, name } of parseAddressList(written)) {
          expect(email).toContain('@');
          expect(/[\p{Surrogate}\0]/u.test(email + name)).toBe(false);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(parseAddressList('ann@x.test,'.repeat(20_000))).toHaveLength(1_000);
  });

  test.each(['"(', '<', 'a ', 'g:', 'a@b ', '\\', '=?utf-8?Q?a?= ', '"a" ', '(', '@', 'a.'])(
    '256 KB of %j',
    (piece) => {
      expect(parseAddressList(piece.repeat(262_144 / piece.length)).length).toBeLessThanOrEqual(1_000);
    },
  );
});

describe('formatAddress', () => {
  test('what it writes is read back', () => {
    const name = fc
      .string({ unit: 'grapheme', maxLength: 20 })
      .map((text) => text.replace(/[\p{Cc}\s=?]+/gu, ' ').trim());
    const email = fc.stringMatching(/^[a-z0-9]{1,8}@[a-z]{1,8}\.test$/);
    fc.assert(
      fc.property(fc.record({ name, email }), (address) => {
        expect(parseAddressList(formatAddress(address))).toEqual([address]);
      }),
    );
  });

  test('a line break in a name writes no header', () => {
    expect(formatAddress({ email: 'ann@x.test', name: 'Ann\r\nBcc: b@x.test' })).toBe(
      '"Ann Bcc: b@x.test" <ann@x.test>',
    );
    expect(formatAddress({ email: 'ann@x.test', name: '' })).toBe('ann@x.test');
  });
});
