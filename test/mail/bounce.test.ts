import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { readReport } from '../../src/mail/bounce.ts';
import type { InboundEmail } from '../../src/mail/inboundEmail.ts';
import { parse } from '../../src/infra/providers/mime/parse.ts';

const ORIGINAL = '<5b0c9d2e7a1b4c63a5d8e9f0b1c2d3e4@postroom.test>';
const readFile = async (file: string) => {
  const post = { mime: { object: 'eml', size: 0 } } as Parameters<typeof parse>[0];
  return (await parse(post, '', () => file)).report;
};
const report = (name: string) => readFile(`test/fixtures/bounces/${name}.eml`);
const gone = (status: string | null, diagnostic: unknown, action = 'failed') => ({
  addresses: ['gone@client.test'],
  action,
  status,
  diagnostic,
});

describe('what mail servers write', () => {
  test.each([
    ['postfix', 'multipart/report', gone('5.1.1', "550 5.1.1 <gone@client.test> User doesn't exist")],
    ['postfix-delayed', 'multipart/report', gone('4.4.1', expect.stringContaining('timed out'), 'delayed')],
    ['postfix-relayed', 'multipart/report', gone('2.0.0', '250 2.0.0 Ok', 'delivered')],
    ['exim', 'X-Failed-Recipients', gone(null, expect.stringContaining('550 5.1.1 No such user here'))],
    ['exim-report', 'multipart/report', gone('5.0.0', '550 5.1.1 No such user here')],
    [
      'exim-delayed',
      'text of a mail server',
      gone(null, expect.stringContaining('Connection timed out'), 'delayed'),
    ],
    ['exchange-german', 'multipart/report', gone('5.1.10', expect.stringContaining('RecipientNotFound'))],
    ['exchange-french', 'multipart/report', gone('5.1.1', null)],
    ['japanese', 'multipart/report', gone('5.1.1', '550 5.1.1 ユーザーが見つかりません')],
    ['gmail', 'multipart/report', gone('5.1.1', expect.stringContaining('does not exist'))],
    ['qmail', 'text of a mail server', gone(null, expect.stringContaining('no mailbox here'))],
    ['headers-only', 'multipart/report', gone(null, '(reason: 550 User unknown)')],
  ])('%s', async (name, rule, recipient) => {
    expect(await report(name)).toMatchObject({
      rule,
      originalMessageId: ORIGINAL,
      recipients: [recipient],
    });
  });

  test('several recipients, each with its own outcome', async () => {
    const { recipients } = (await report('several'))!;
    expect(recipients.map(({ addresses, action }) => [addresses[0], action])).toEqual([
      ['gone@client.test', 'failed'],
      ['ann@client.test', 'delivered'],
      ['slow@client.test', 'delayed'],
    ]);
  });

  test('behind an alias: whom we wrote to stands first', async () => {
    expect((await report('alias'))!.recipients[0]!.addresses).toEqual([
      'gone@client.test',
      'someone@private.test',
    ]);
  });

  test('a bounce that names no recipient', async () => {
    expect(await report('no-recipient')).toMatchObject({
      originalMessageId: ORIGINAL,
      action: 'failed',
      recipients: [],
    });
  });

  test('a bounce of a bounce is about the inner one, not about what that one holds', async () => {
    expect(await report('bounce-of-a-bounce')).toMatchObject({
      originalMessageId: '<inner@mx.client.test>',
      recipients: [{ addresses: ['double@client.test'] }],
    });
  });
});

type Mail = Parameters<typeof readReport>[0];
const mail = (change: Partial<Mail> = {}): Mail => ({
  envelopeFrom: null,
  headers: [],
  inReplyTo: [],
  references: [],
  from: { email: 'mailer-daemon@client.test', name: '' },
  subject: 'Undelivered Mail Returned to Sender',
  text: `<gone@client.test>: no such user\n\n--- copy\nMessage-ID: ${ORIGINAL}\n`,
  files: [],
  ...change,
});
const none = { status: null, original: null };
const status = (fields: string) => ({ status: Buffer.from(fields), original: null });

describe('what is a report', () => {
  test('a text of a mail server, by its envelope and its From', () => {
    expect(readReport(mail(), none)).toMatchObject({ rule: 'text of a mail server' });
    expect(readReport(mail({ envelopeFrom: 'MAILER-DAEMON@client.test' }), none)).not.toBeNull();
    expect(readReport(mail({ envelopeFrom: 'ann@client.test' }), none)).toBeNull();
    expect(readReport(mail({ from: { email: 'ann@client.test', name: '' } }), none)).toBeNull();
  });

  test('a mail server that writes about something else writes ordinary mail', () => {
    expect(readReport(mail({ subject: 'Your mailbox', text: 'It is 90 % full.' }), none)).toBeNull();
    expect(
      readReport(mail({ subject: 'Contacts', text: 'gone@client.test\nann@client.test' }), none),
    ).toBeNull();
    expect(readReport(mail({ text: 'Please ask the postmaster.' }), none)).toBeNull();
  });

  test.each([
    ['multipart/report; report-type=delivery-status; boundary=b', true],
    ['Multipart/Report; boundary=b; Report-Type="delivery-status"', true],
    ['multipart/report; report-type=feedback-report; boundary=b', false],
    ['multipart/report; report-type=tlsrpt; boundary=b', false],
    ['multipart/report; report-type=disposition-notification; boundary=b', false],
    ['multipart/report; boundary=b', false],
  ])('%s', (type, expected) => {
    const found = readReport(mail({ headers: [['content-type', type]], envelopeFrom: 'x@y.test' }), none);
    expect(found !== null).toBe(expected);
  });

  test('without report-type, by its part; in other mail only from a mail server', () => {
    const files: InboundEmail['files'] = [
      {
        filename: '',
        contentType: 'message/delivery-status',
        size: 1,
        contentId: null,
        source: { part: 0 },
      },
    ];
    const parts = status('Final-Recipient: rfc822; gone@client.test\nAction: failed\n');
    const typed = mail({ files, headers: [['Content-Type', 'multipart/report; boundary=b']] });
    expect(readReport({ ...typed, envelopeFrom: 'x@y.test' }, parts)).not.toBeNull();
    expect(readReport(mail({ files }), parts)).toMatchObject({ rule: 'message/delivery-status' });
    expect(readReport(mail({ files, envelopeFrom: 'ann@client.test' }), parts)).toBeNull();
    expect(readReport(mail({ files, from: { email: 'ann@client.test', name: '' } }), parts)).toBeNull();
  });
});

describe('which mail it is about', () => {
  const from = (change: Partial<Mail>, original: string | null = null) =>
    readReport(mail({ text: '<gone@client.test>: no', ...change }), {
      status: null,
      original: original === null ? null : Buffer.from(original),
    })!.originalMessageId;
  test('the returned mail, then the text, In-Reply-To, References (newest), X-Original-Message-ID', () => {
    const all: Partial<Mail> = {
      inReplyTo: ['<reply@x>'],
      references: ['<root@x>', '<newest@x>'],
      headers: [['X-Original-Message-ID', '<header@x>']],
    };
    expect(from(all, '\r\nSubject: x\r\nMessage-Id:\r\n <returned@x>\r\n\r\nMessage-Id: <no@x>')).toBe(
      '<returned@x>',
    );
    expect(from({ ...all, text: '<gone@client.test>: no\n\nMessage-ID: <text@x>' })).toBe('<text@x>');
    expect(from(all)).toBe('<reply@x>');
    expect(from(all, 'Subject: without an id\r\n')).toBe('<reply@x>');
    expect(from({ ...all, inReplyTo: [] })).toBe('<newest@x>');
    expect(from({ ...all, inReplyTo: [], references: [] })).toBe('<header@x>');
    expect(from({})).toBeNull();
    const gmails = readReport(
      mail({ text: '', headers: [['X-Failed-Recipients', 'a@x.test']] }),
      status('X-Original-Message-ID: <field@x>\n'),
    );
    expect(gmails!.originalMessageId).toBe('<field@x>');
  });
});

describe('whom it is about', () => {
  const recipients = (fields: string, change: Partial<Mail> = {}) =>
    readReport(
      mail({
        headers: [['Content-Type', 'multipart/report; report-type=delivery-status']],
        text: '',
        ...change,
      }),
      status(fields),
    )!.recipients;
  test.each([
    ['failed', '5.1.1', 'failed'],
    ['Failure', '', 'failed'],
    ['delayed', '4.0.0', 'delayed'],
    ['failed (expired)', '4.4.7', 'failed'],
    ['delivered', '2.0.0', 'delivered'],
    ['relayed', '2.0.0', 'delivered'],
    ['expanded', '2.0.0', 'delivered'],
    ['', '5.0.0', 'failed'],
  ])('Action: %s, Status: %s', (action, code, expected) => {
    const fields = `Reporting-MTA: dns; x\n\nFinal-Recipient: rfc822; A@X.test\nAction: ${action}\nStatus: ${code}\n`;
    expect(recipients(fields)).toMatchObject([{ addresses: ['a@x.test'], action: expected }]);
  });

  test.each([
    ['rfc822; a@x.test', ['a@x.test']],
    ['RFC822;<a@x.test>', ['a@x.test']],
    ['a@x.test', ['a@x.test']],
    ['rfc822; a+2Btag@x.test', ['a+2btag@x.test', 'a+tag@x.test']],
    ['utf-8; jörg@bücher.test', ['jörg@xn--bcher-kva.test']],
  ])('Final-Recipient: %s', (written, addresses) => {
    expect(recipients(`\nFinal-Recipient: ${written}\nAction: failed\n`)[0]!.addresses).toEqual(addresses);
  });

  test.each(['rfc822; nobody', 'x400; /C=US/', ''])('Final-Recipient: %j names no recipient', (written) => {
    expect(recipients(`\nFinal-Recipient: ${written}\nAction: failed\n`)).toEqual([]);
  });

  test('a receipt without a recipient is not a failure', () => {
    const found = readReport(
      mail({ headers: [['Content-Type', 'multipart/report; report-type=delivery-status']], text: '' }),
      status('\nFinal-Recipient: x400; /C=US/\nAction: delivered\n'),
    );
    expect(found).toMatchObject({ action: 'delivered', recipients: [] });
  });

  test('a diagnostic is one line of 300 characters', () => {
    const fields = `\nFinal-Recipient: rfc822; a@x.test\nAction: failed\nDiagnostic-Code: smtp; ${'550\tno\u0000 '.repeat(1_000)}\n`;
    const { diagnostic } = recipients(fields)[0]!;
    expect(diagnostic).toMatch(/^550 no 550 no/);
    expect(diagnostic!.length).toBeLessThanOrEqual(300);
  });
});

describe('hostile', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 200 }),
    fc
      .array(
        fc.constantFrom(
          'Final-Recipient: rfc822; a@x.test\n',
          'Final-Recipient: ;;;<\n',
          'Action: failed\n',
          'Status: 5.1.1\n',
          'Message-ID: <a@b>\n',
          'Diagnostic-Code: smtp; \uD800\0\n',
          '<a@x.test>: no\n',
          '\r\n\t',
          '\n',
          '--- x\n',
          'not be delivered ',
        ),
        { maxLength: 12 },
      )
      .map((lines) => lines.join('')),
  );
  const bytes = fc
    .oneof(fc.uint8Array({ maxLength: 300 }), text)
    .map((value) => Buffer.from(value as string));

  test('never throws, on any text, header and bytes', () => {
    const headers = fc.array(
      fc.tuple(
        fc.constantFrom('Content-Type', 'X-Failed-Recipients', 'X-Original-Message-ID'),
        fc.oneof(text, fc.constant('multipart/report; report-type=delivery-status')),
      ),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(text, text, headers, fc.option(bytes), fc.option(bytes), (body, subject, list, a, b) => {
        const found = readReport(mail({ text: body, subject, headers: list }), { status: a, original: b });
        for (const { addresses } of found?.recipients ?? []) expect(addresses.length).toBeGreaterThan(0);
      }),
      { numRuns: 2_000 },
    );
  });

  test('nor on a bounce with a stretch of it replaced by any bytes', async () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'bounce-'));
    const whole = readdirSync('test/fixtures/bounces')
      .filter((name) => name.endsWith('.eml'))
      .map((name) => readFileSync(`test/fixtures/bounces/${name}`));
    const file = path.join(folder, 'mail.eml');
    try {
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...whole),
          fc.nat(3_000),
          fc.nat(300),
          bytes,
          async (eml, at, cut, put) => {
            writeFileSync(file, Buffer.concat([eml.subarray(0, at), put, eml.subarray(at + cut)]));
            const found = await readFile(file);
            expect(found?.rule).not.toBe('');
          },
        ),
        { numRuns: 300 },
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test.each([
    ['addresses', '<a@x.test>:\n'],
    ['at signs', 'a@'],
    ['line ends', '\r\n \t'],
    ['fields', 'Final-Recipient: rfc822; a@x.test\nAction: failed\n\n'],
    ['words of a bounce', 'delivery of '],
    ['brackets', '<<mailto:'],
  ])('a megabyte of %s is read in no time to speak of', (_, piece) => {
    const long = piece.repeat(1_000_000 / piece.length);
    const begun = process.cpuUsage();
    readReport(
      mail({
        text: long,
        subject: long,
        headers: [
          ['Content-Type', `multipart/report; ${long}`],
          ['X-Failed-Recipients', long],
          ['X-Original-Message-ID', long],
        ],
      }),
      { status: Buffer.from(long.slice(0, 262_144)), original: Buffer.from(long.slice(0, 262_144)) },
    );
    const used = process.cpuUsage(begun);
    // A pattern that backtracks takes minutes; CPU time, so that a busy machine changes nothing.
    expect((used.user + used.system) / 1_000_000).toBeLessThan(10);
  });
});
