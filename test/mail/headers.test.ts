import fc from 'fast-check';
import { autoReplyRule } from '../../src/mail/autoReply.ts';
import { caps } from '../../src/mail/caps.ts';
import { readDate } from '../../src/mail/date.ts';
import { firstHeader, headerValues, readHeaderBlock, type Headers } from '../../src/mail/headers.ts';
import { readHead } from '../../src/mail/mailHead.ts';
import { readVerdicts } from '../../src/mail/verdicts.ts';

const read = (block: string | Buffer) => readHeaderBlock(Buffer.from(block as string));

describe('readHeaderBlock', () => {
  test('unfolds, decodes, keeps order and repeats, and stops at the empty line', () => {
    const { headers, encoded, cut } = read(
      'Received: a\r\n\tb\r\nReceived: c\nSubject:=?utf-8?Q?Gr=C3=B6=C3=9Fe?=\r\n =?utf-8?Q?_M?=\r\nX-Empty:\r\n\r\nNot: a header',
    );
    expect(headers).toEqual([
      ['Received', 'a b'],
      ['Received', 'c'],
      ['Subject', 'Größe M'],
      ['X-Empty', ''],
    ]);
    expect(encoded[2]).toEqual(['Subject', '=?utf-8?Q?Gr=C3=B6=C3=9Fe?= =?utf-8?Q?_M?=']);
    expect(cut).toBe(false);
    expect(headerValues(headers, 'RECEIVED')).toEqual(['a b', 'c']);
    expect(firstHeader(headers, 'subject')).toBe('Größe M');
    expect(firstHeader(headers, 'To')).toBeNull();
  });

  test('passes over what is no header', () => {
    expect(
      read('From ann@x.test Mon Nov 23 10:00:00 2026\r\nno colon\r\n: no name\r\nA : b\r\n').headers,
    ).toEqual([['A', 'b']]);
  });

  test('8-bit values: UTF-8, or one charset guessed for all', () => {
    const cyrillic = Buffer.concat([
      Buffer.from('Subject: '),
      Buffer.from([0xd1, 0xf7, 0xb8, 0xf2]),
      Buffer.from('\r\nTo: '),
      Buffer.from([0xcf, 0xee, 0xf7, 0xf2, 0xe0]),
      Buffer.from(' <a@x.test>\r\n'),
    ]);
    expect(read(cyrillic).headers).toEqual([
      ['Subject', 'Счёт'],
      ['To', 'Почта <a@x.test>'],
    ]);
    expect(read('Subject: Größe').headers).toEqual([['Subject', 'Größe']]);
    expect(readHeaderBlock(Buffer.from('Subject: \xb1\xb2', 'latin1'), 'iso-8859-2').headers).toEqual([
      ['Subject', 'ą˛'],
    ]);
  });

  test('over a cap it says so, and still has the essential headers', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => `X-${n}: v`).join('\r\n');
    const { encoded, cut } = read(`${many}\r\nFrom: ann@x.test\r\nMessage-Id: <a@b>\r\n`);
    expect(cut).toBe(true);
    expect(encoded.length).toBeLessThanOrEqual(caps.headers + 20);
    expect(readHead(encoded)).toMatchObject({ from: { email: 'ann@x.test' }, messageId: '<a@b>' });

    const long = read(`X: ${'x'.repeat(300_000)}\r\nSubject: s\r\n`);
    expect(long.cut).toBe(true);
    expect(long.headers).toEqual([['Subject', 's']]);
  });

  test('never throws on any bytes, and its result can be stored', () => {
    const line = fc.oneof(
      fc.uint8Array(),
      fc
        .constantFrom('A: b', ' folded', '\r\n', '=?utf-8?B?/w==?=', 'Subject: =?x?Q?=00?=', ':')
        .map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const block = readHeaderBlock(Buffer.concat(lines.flatMap((one) => [one, Buffer.from('\r\n')])));
        expect(
          /[\p{Surrogate}\0]/u.test(
            JSON.stringify([block.headers, readHead(block.encoded)]).replaceAll('\\\\', ''),
          ),
        ).toBe(false);
        expect(JSON.stringify(block.headers)).not.toMatch(/\\u0000|\\ud[89a-f]/i);
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([' ', '\r', '=?utf-8?Q?a?= ', '=?', '\xff', 'é'])('1 MB of %j in a value', (piece) => {
    expect(
      read(`From: a@x.test\r\nX: ${piece.repeat(1_000_000 / piece.length)}\r\nTo: b@x.test`).headers.length,
    ).toBeGreaterThan(1);
  });
});

describe('readDate', () => {
  test.each([
    ['Mon, 23 Nov 2026 09:59:57 +0100', '2026-11-23T08:59:57.000Z'],
    ['23 Nov 2026 09:59 -0000', '2026-11-23T09:59:00.000Z'],
    ['Mon, 23 Nov 26 09:59:57 GMT', '2026-11-23T09:59:57.000Z'],
    ['Mon, 23 Nov 1999 09:59:57 EST (comment)', '1999-11-23T14:59:57.000Z'],
    ['Mon,23 Nov 2026 09:59:57', '2026-11-23T09:59:57.000Z'],
    ['2026-11-23T09:59:57Z', '2026-11-23T09:59:57.000Z'],
    ['Monday, 23-Nov-26 09:59:57 UTC', '2026-11-23T09:59:57.000Z'],
  ])('%s', (written, expected) => {
    expect(readDate(written)?.toISOString()).toBe(expected);
  });

  test.each([
    '',
    'yesterday',
    '23 Foo 2026 10:00',
    '99 Nov 2026 10:00',
    '23 Nov 2026',
    '23 Nov 9999 10:00:00 +0000',
    '23 Nov 2026 10:99',
  ])('%j is none', (written) => {
    expect(readDate(written)).toBeNull();
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (written) => void readDate(written)));
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1970-01-01'), max: new Date('2999-12-31'), noInvalidDate: true }),
        (date) => {
          expect(readDate(date.toUTCString())?.getTime()).toBe(Math.floor(date.getTime() / 1000) * 1000);
        },
      ),
    );
  });
});

describe('autoReplyRule', () => {
  test.each([
    ['auto-submitted', 'auto-replied', 'Auto-Submitted'],
    ['Auto-Submitted', 'auto-generated; owner-email="x"', 'Auto-Submitted'],
    ['Auto-Submitted', 'Auto-Notified (x)', 'Auto-Submitted'],
    ['Auto-Submitted', 'no', null],
    ['Auto-Submitted', 'No', null],
    ['Auto-Submitted', 'no; x=y', null],
    ['Auto-Submitted', '', null],
    ['X-Autoreply', 'yes', 'X-Autoreply'],
    ['X-Autoreply', 'no', null],
    ['X-Autorespond', 'Out of office', 'X-Autorespond'],
    ['Precedence', 'auto_reply', 'Precedence: auto_reply'],
    ['Precedence', 'bulk', null],
    ['Precedence', 'list', null],
    ['X-Auto-Response-Suppress', 'All', null],
    [
      'Content-Type',
      'multipart/report; report-type=disposition-notification; boundary=x',
      'disposition-notification',
    ],
    ['Content-Type', 'multipart/report; report-type=feedback-report; boundary=x', null],
    ['Subject', 'Automatic reply: Order', null],
  ])('%s: %s', (name, value, expected) => {
    expect(autoReplyRule([[name, value]])).toBe(expected);
  });
});

describe('readVerdicts', () => {
  const names = { spf: 'X-Spf', dkim: 'X-Dkim', spam: 'X-Flag', spamScore: 'X-Score' };
  const verdicts = (...headers: Headers) => readVerdicts(headers, names);

  test('as the provider writes them', () => {
    expect(verdicts(['x-spf', 'Pass'], ['X-Dkim', 'Fail'], ['X-Flag', 'No'], ['X-Score', '-0.7'])).toEqual({
      spf: 'pass',
      dkim: 'fail',
      spam: 'pass',
      spamScore: -0.7,
    });
    expect(verdicts(['X-Spf', 'SoftFail'], ['X-Dkim', 'Neutral'], ['X-Flag', 'Yes'])).toEqual({
      spf: 'fail',
      dkim: 'neutral',
      spam: 'fail',
      spamScore: null,
    });
    expect(verdicts(['X-Spf', 'whatever'])).toEqual({
      spf: 'unknown',
      dkim: 'unknown',
      spam: 'unknown',
      spamScore: null,
    });
  });

  test('a header that the sender wrote too cannot improve a verdict', () => {
    expect(verdicts(['X-Spf', 'Fail'], ['X-Spf', 'Pass']).spf).toBe('fail');
    expect(verdicts(['X-Spf', 'Pass'], ['X-Spf', 'Neutral']).spf).toBe('unknown');
    expect(verdicts(['X-Spf', 'Pass'], ['X-Spf', 'pass']).spf).toBe('pass');
    expect(verdicts(['X-Flag', 'Yes'], ['X-Flag', 'No']).spam).toBe('fail');
    expect(verdicts(['X-Score', '9'], ['X-Score', '0']).spamScore).toBeNull();
  });
});
