import fc from 'fast-check';
import { parseAddressList } from '../../src/mail/addresses.ts';
import { originalSender, traceAddresses } from '../../src/mail/forwarding.ts';
import type { Headers } from '../../src/mail/headers.ts';
import type { Verdict } from '../../src/mail/inboundEmail.ts';

const isOurs = (address: string) => ['support@acme.test', 'dana@acme.test'].includes(address);

function sender(
  from: string | null,
  headers: Headers = [],
  { replyTo = '', spf = 'pass', dkim = 'pass' }: { replyTo?: string; spf?: Verdict; dkim?: Verdict } = {},
) {
  return originalSender(
    {
      headers,
      from: from === null ? null : parseAddressList(from)[0]!,
      reply_to: parseAddressList(replyTo),
      envelope_from: 'bounce@relay.test',
      verdicts: { spf, dkim, spam: 'unknown', spamScore: null },
    },
    isOurs,
  );
}
const ann = { email: 'ann@x.test', name: 'Ann' };

describe('who wrote it', () => {
  test('the From header, not the envelope', () => {
    expect(sender('Ann <ann@x.test>')).toEqual({ sender: ann, proved: true, rule: null });
  });

  test('not proved when SPF or DKIM fails, and nothing proves From', () => {
    const signed: Headers = [['DKIM-Signature', 'v=1; d=mail.x.test; b=x']];
    const proved = (spf: Verdict, dkim: Verdict, headers: Headers = []) =>
      sender('Ann <ann@x.test>', headers, { spf, dkim }).proved;
    expect(proved('fail', 'fail')).toBe(false);
    expect(proved('fail', 'unknown')).toBe(false);
    expect(proved('unknown', 'fail')).toBe(false);
    expect(proved('fail', 'pass')).toBe(false);
    expect(proved('fail', 'pass', signed)).toBe(true);
    expect(proved('unknown', 'unknown')).toBe(true);
  });

  test('the Reply-To of a form service that the address lists, if its mail is proved to be its own', () => {
    const form = (replyTo: string, listed: string[], spf: Verdict = 'pass') =>
      originalSender(
        {
          headers: [],
          from: { email: 'noreply@mail.forms.test', name: 'Forms' },
          reply_to: parseAddressList(replyTo),
          envelope_from: 'bounce@forms.test',
          verdicts: { spf, dkim: 'unknown', spam: 'unknown', spamScore: null },
        },
        isOurs,
        listed,
      );
    const visitor = { sender: ann, proved: true, rule: 'form' };
    expect(form('Ann <ann@x.test>', ['forms.test'])).toEqual(visitor);
    expect(form('support@acme.test, Ann <ann@x.test>', ['mail.forms.test'])).toEqual(visitor);
    const service = { sender: { email: 'noreply@mail.forms.test' }, rule: null };
    expect(form('ann@x.test', ['forms.test'], 'unknown')).toMatchObject(service);
    expect(form('ann@x.test', ['other.test', 'orms.test'])).toMatchObject(service);
    expect(form('support@acme.test', ['forms.test'])).toMatchObject(service);
  });

  test('the envelope where there is no From', () => {
    expect(sender(null)).toEqual({
      sender: { email: 'bounce@relay.test', name: '' },
      proved: false,
      rule: 'no_from',
    });
  });

  const group: Headers = [
    ['X-Original-Sender', 'ann@x.test'],
    ['X-Original-From', 'Ann <ann@x.test>'],
    ['Mailing-list', 'list support@acme.test; contact support+owners@acme.test'],
    ['List-ID', '<support.acme.test>'],
    ['List-Post', '<https://groups.google.com/a/acme.test/group/support/post>, <mailto:support@acme.test>'],
  ];

  test('a Google Group that rewrote From to our address', () => {
    expect(sender(`"'Ann' via Support" <support@acme.test>`, group, { replyTo: 'Ann <ann@x.test>' })).toEqual(
      { sender: ann, proved: true, rule: 'rewritten' },
    );
  });

  test('a group that left only Reply-To', () => {
    const headers = group.filter(([name]) => !name.startsWith('X-'));
    expect(sender(`'Ann' via Support <support@acme.test>`, headers, { replyTo: 'ann@x.test' })).toEqual({
      sender: ann,
      proved: true,
      rule: 'via',
    });
  });

  test('only the sender\'s address is kept: the name comes from "via"', () => {
    expect(
      sender(`'Ann' via Support <support@acme.test>`, [['X-Original-Sender', 'ann@x.test']]),
    ).toMatchObject({ sender: ann, rule: 'rewritten' });
  });

  test("a stranger's list that rewrote From to its own address: shown, not proved", () => {
    const headers: Headers = [
      ['List-Post', '<mailto:users@lists.test>'],
      ['X-Original-From', 'Ann <ann@x.test>'],
    ];
    expect(sender('Ann via Users <users@lists.test>', headers)).toEqual({
      sender: ann,
      proved: false,
      rule: 'rewritten',
    });
    expect(
      sender('Ann via Users <users@lists.test>', [['List-Id', 'Users <users.lists.test>']], {
        replyTo: 'ann@x.test',
      }),
    ).toEqual({ sender: ann, proved: false, rule: 'via' });
  });

  test('a sender cannot become somebody else by writing the header', () => {
    const headers: Headers = [
      ['X-Original-From', 'Boss <boss@x.test>'],
      ['X-Original-Sender', 'boss@x.test'],
    ];
    expect(sender('Eve <eve@evil.test>', headers, { replyTo: 'boss@x.test' })).toEqual({
      sender: { email: 'eve@evil.test', name: 'Eve' },
      proved: true,
      rule: null,
    });
    expect(
      sender('Eve <eve@evil.test>', [...headers, ['List-Post', '<mailto:list@evil.test>']]).sender.email,
    ).toBe('eve@evil.test');
  });

  test('originals that disagree name no recipient', () => {
    const headers: Headers = [
      ['X-Original-From', 'ann@x.test'],
      ['X-Original-From', 'boss@x.test'],
    ];
    expect(sender('support@acme.test', headers)).toMatchObject({
      sender: { email: 'support@acme.test' },
      rule: null,
    });
  });

  test('a contact form: From ours, Reply-To the customer', () => {
    expect(
      sender('Acme Form <support@acme.test>', [], { replyTo: 'support@acme.test, Ann <ann@x.test>' }),
    ).toEqual({ sender: ann, proved: false, rule: 'reply_to' });
  });

  test('a colleague: From ours, nothing else', () => {
    expect(sender('Dana <dana@acme.test>')).toEqual({
      sender: { email: 'dana@acme.test', name: 'Dana' },
      proved: true,
      rule: null,
    });
    expect(sender('Dana <dana@acme.test>', [], { replyTo: 'support@acme.test' }).rule).toBeNull();
  });

  test('an address that is none is still who wrote it', () => {
    expect(
      originalSender(
        {
          headers: [],
          from: { email: 'a@b@c', name: '' },
          reply_to: [],
          envelope_from: null,
          verdicts: { spf: 'unknown', dkim: 'unknown', spam: 'unknown', spamScore: null },
        },
        isOurs,
      ).sender.email,
    ).toBe('a@b@c');
  });
});

describe('traceAddresses', () => {
  test('in the order of the headers, normalised, each once', () => {
    expect(
      traceAddresses([
        ['X-Forwarded-For', 'sales@acme.test in@mail.postroom.test'],
        ['x-forwarded-to', 'in@mail.postroom.test, Other@acme.test'],
        ['X-Original-To', '<Support@acme.test>'],
        ['Delivered-To', 'support@ACME.test'],
        ['Delivered-To', 'mailing list ezmlm'],
      ]),
    ).toEqual(['support@acme.test', 'in@mail.postroom.test', 'other@acme.test', 'sales@acme.test']);
  });
});

test('never throws on any headers', () => {
  const names = [
    'X-Original-From',
    'X-Original-Sender',
    'List-Post',
    'List-Id',
    'Mailing-list',
    'X-BeenThere',
    'Delivered-To',
    'X-Forwarded-For',
  ];
  const headers = fc.array(
    fc.tuple(
      fc.constantFrom(...names),
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.constantFrom('<a.b>', '<mailto:support@acme.test>', 'list support@acme.test'),
      ),
    ),
  );
  fc.assert(
    fc.property(headers, fc.string({ unit: 'binary' }), (written, name) => {
      traceAddresses(written);
      const found = originalSender(
        {
          headers: written,
          from: { email: 'support@acme.test', name },
          reply_to: [],
          envelope_from: null,
          verdicts: { spf: 'pass', dkim: 'pass', spam: 'unknown', spamScore: null },
        },
        isOurs,
      );
      expect(found.sender.email).toContain('@');
    }),
  );
});

test.each(["'", ' via ', '"', ' '])('100 KB of %j for a name', (piece) => {
  const name = `${piece.repeat(100_000 / piece.length)}x via y`;
  expect(
    originalSender(
      {
        headers: [['X-Original-Sender', 'ann@x.test']],
        from: { email: 'support@acme.test', name },
        reply_to: [],
        envelope_from: null,
        verdicts: { spf: 'pass', dkim: 'pass', spam: 'unknown', spamScore: null },
      },
      isOurs,
    ).rule,
  ).toBe('rewritten');
});
