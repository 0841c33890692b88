import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { composeMime, type OutgoingFile, type OutgoingMime } from '../../../src/mail/composeMime.ts';
import { readTwice, type ReadMail } from './composeRead.ts';

type Mail = Omit<OutgoingMime, 'files'> & { files: (Omit<OutgoingFile, 'content'> & { bytes: Buffer })[] };

const MAIL: Mail = {
  from: { email: 'support@acme.test', name: 'Acme Support' },
  replyTo: [],
  to: [{ email: 'ann@client.test', name: 'Ann Lee' }],
  cc: [],
  subject: 'Re: Order 1042',
  date: new Date('2026-11-23T10:00:00Z'),
  messageId: '<0f3a@acme.test>',
  inReplyTo: '<c41f@mail.client.test>',
  references: ['<root@mail.client.test>', '<c41f@mail.client.test>'],
  text: 'It arrives tomorrow.',
  html: null,
  files: [],
};

const composed = (change: Partial<Mail> = {}): Promise<Buffer> => {
  const { files, ...mail } = { ...MAIL, ...change };
  return buffer(
    composeMime({
      ...mail,
      files: files.map(({ bytes, ...file }) => ({ ...file, content: Readable.from([bytes]) })),
    }),
  );
};

/** The mail as both readers see it. */
async function both(change: Partial<Mail>, expected: Partial<ReadMail>): Promise<Buffer> {
  const mail = await composed(change);
  const { mailparser, postalMime } = await readTwice(mail);
  expect(mailparser).toMatchObject(expected);
  expect({ ...postalMime, date: new Date(postalMime.date).toISOString() }).toMatchObject(expected);
  return mail;
}

/** With a title that fits a line. */
const titled = (values: string[]): [string, string][] => values.map((value) => [value.slice(0, 40), value]);

const head = (mail: Buffer) => mail.toString('latin1').split('\r\n\r\n', 1)[0]!;
const headerNames = (mail: Buffer) =>
  head(mail)
    .split(/\r\n(?![ \t])/)
    .map((line) => line.slice(0, line.indexOf(':')));

test('a plain reply', async () => {
  const mail = await both(
    {},
    {
      from: { email: 'support@acme.test', name: 'Acme Support' },
      to: [{ email: 'ann@client.test', name: 'Ann Lee' }],
      cc: [],
      replyTo: [],
      subject: 'Re: Order 1042',
      date: '2026-11-23T10:00:00.000Z',
      messageId: '<0f3a@acme.test>',
      inReplyTo: '<c41f@mail.client.test>',
      references: ['<root@mail.client.test>', '<c41f@mail.client.test>'],
      text: 'It arrives tomorrow.',
      html: null,
      files: [],
    },
  );
  expect(headerNames(mail).sort()).toEqual(
    [
      ...['Content-Transfer-Encoding', 'Content-Type', 'Date', 'From', 'In-Reply-To', 'MIME-Version'],
      ...['Message-ID', 'References', 'Subject', 'To'],
    ].sort(),
  );
});

test('text and HTML, an image of the HTML, a file', async () => {
  const [image, file] = [Buffer.from('an image'), Buffer.from('a file')];
  await both(
    {
      html: '<p>It arrives <img src="cid:logo@acme"> tomorrow: <b>größer</b></p>',
      cc: [{ email: 'bob@client.test', name: '' }],
      replyTo: [{ email: 'help@acme.test', name: 'Help' }],
      files: [
        { filename: 'logo.png', contentType: 'image/png', contentId: 'logo@acme', bytes: image },
        { filename: 'bill.pdf', contentType: 'application/pdf', contentId: null, bytes: file },
      ],
    },
    {
      text: 'It arrives tomorrow.',
      html: '<p>It arrives <img src="cid:logo@acme"> tomorrow: <b>größer</b></p>',
      cc: [{ email: 'bob@client.test', name: '' }],
      replyTo: [{ email: 'help@acme.test', name: 'Help' }],
      files: [
        {
          filename: 'logo.png',
          contentType: 'image/png',
          contentId: 'logo@acme',
          disposition: 'inline',
          bytes: image,
        },
        {
          filename: 'bill.pdf',
          contentType: 'application/pdf',
          contentId: null,
          disposition: 'attachment',
          bytes: file,
        },
      ],
    },
  );
});

test('a file without a letter still has a text part', async () => {
  const bytes = Buffer.from('a file');
  const mail = await both(
    { text: '', files: [{ filename: 'a.txt', contentType: 'text/plain', contentId: null, bytes }] },
    { text: '', html: null },
  );
  expect(mail.toString()).toMatch(
    /Content-Type: text\/plain; charset=utf-8[^]*Content-Type: text\/plain; name=a\.txt/,
  );
});

test.each(
  titled([
    'Отчёт за ноябрь.pdf',
    '請求書 2026年11月.pdf',
    '📎 final 🎉.zip',
    'say "hello"; it\'s 100%.txt',
    'a\\b*c=d.txt',
    `${'sehr langer Dateiname '.repeat(9)}.docx`,
    `${'長'.repeat(200)}.pdf`,
    `${'x'.repeat(250)}.bin`,
    "utf-8''x.pdf",
    'no extension',
  ]),
)('a file named %j', async (_, filename) => {
  const bytes = Buffer.from([0, 13, 10, 255]);
  const name = filename.replace('a\\b', 'b');
  await both(
    { files: [{ filename, contentType: 'application/x-unknown', contentId: null, bytes }] },
    {
      files: [
        {
          filename: name,
          contentType: 'application/x-unknown',
          contentId: null,
          disposition: 'attachment',
          bytes,
        },
      ],
    },
  );
});

test.each(
  titled([
    'Lee, Ann',
    'Ann "the boss" Lee',
    'Ann \\ Lee',
    'Größe & Söhne GmbH',
    '山田, 太郎',
    'Отдел поддержки (ООО «Ромашка»)',
    'Ann 😀 <Lee>',
    'a@b',
    'support@acme.test via Acme; x:y',
    "O'Neil",
    'Ж'.repeat(150),
    'word '.repeat(40).trim(),
  ]),
)('somebody named %j', async (_, name) => {
  const named = (email: string) => ({ email, name });
  const people = ['ann@client.test', 'bob@client.test'].map(named);
  await both(
    { from: people[0]!, to: people, cc: people, replyTo: people },
    { from: people[0]!, to: people, cc: people, replyTo: people },
  );
});

test.each(
  titled([
    'Re: Größe',
    'Re: 注文について 📦',
    'Re: "quoted" = 100% ?',
    `Re: ${'long words and more of them '.repeat(40)}end`,
    `Re: ${'ё'.repeat(1_000)}`,
    'x'.repeat(5_000),
    'Re: =?UTF-8?Q?no_=0D=0Aheader?= of ours',
    'see =?utf-8?Q?a b?= here',
  ]),
)('the subject %j', async (_, subject) => {
  const mail = await both({ subject }, { subject });
  expect(
    Math.max(
      ...head(mail)
        .split('\r\n')
        .map((line) => line.length),
    ),
  ).toBeLessThan(998);
});

test('500 ids of a thread are folded, and found again', async () => {
  const references = Array.from(
    { length: 500 },
    (_, n) => `<${n}.${'abcdef0123456789'.repeat(2)}@mail.client.test>`,
  );
  const mail = await both({ references }, { references });
  expect(
    Math.max(
      ...head(mail)
        .split('\r\n')
        .map((line) => line.length),
    ),
  ).toBeLessThan(998);
});

test('ids that would break the header are left out', async () => {
  const references = [
    '<root@x.test>',
    '<a b@x.test>',
    '<a\r\nBcc: b@x.test>',
    'none',
    `<${'x'.repeat(950)}@x.test>`,
    '<ü@x.test>',
    '<last@x.test>',
  ];
  await both(
    { references, inReplyTo: 'no id' },
    { references: ['<root@x.test>', '<last@x.test>'], inReplyTo: '' },
  );
});

test('a mail without an id is refused', () => {
  for (const messageId of ['', 'none', '<a@b>\r\nBcc: x@y.test'.slice(0, 3)])
    expect(() => composeMime({ ...MAIL, messageId, files: [] })).toThrow(/Message-Id/);
});

test('non-ASCII domains are written in ASCII', async () => {
  const mail = await composed({ to: [{ email: 'ann@müller.test', name: '' }] });
  expect(head(mail)).toContain('To: ann@xn--mller-kva.test');
});

test('no kind of space in an address ends its header', async () => {
  const mail = await composed({ to: [{ email: `"${'x'.repeat(80)}\u2028Bcc: b"@client.test`, name: '' }] });
  expect(head(mail).split('\r\n')).toContainEqual(expect.stringMatching(/^ (?:Bcc|b"@)/));
  expect(head(mail)).not.toContain('\u00e2');
});

test.each([
  'message/rfc822',
  'multipart/mixed',
  'multipart/x; boundary=y',
  'no type',
  'text/html\r\nBcc: x@y.test',
  '',
])('a file that calls itself %j is carried unread', async (contentType) => {
  const bytes = Buffer.from('Subject: x\n\n--y\nContent-Type: text/html\n\n<b>no part of ours</b>\n--y--\n');
  const mail = await both(
    { files: [{ filename: 'mail.eml', contentType, contentId: null, bytes }] },
    { html: null, files: [expect.objectContaining({ filename: 'mail.eml', bytes })] },
  );
  expect(mail.toString()).not.toContain('no part of ours');
});

test('the same mail gives the same bytes, another one other boundaries', async () => {
  const change = {
    html: '<p>x</p>',
    files: [{ filename: 'a.txt', contentType: 'text/plain', contentId: null, bytes: Buffer.from('a') }],
  };
  const [first, again, other] = await Promise.all([
    composed(change),
    composed(change),
    composed({ ...change, messageId: '<other@acme.test>' }),
  ]);
  expect(first).toEqual(again);
  const boundary = (mail: Buffer) => /boundary="(.*)"/.exec(mail.toString())![1];
  expect(boundary(other)).not.toBe(boundary(first));
});

test('a file that cannot be read is an error, and not left out', async () => {
  const content = new Readable({ read: (): void => void content.destroy(new Error('gone')) });
  const files = [{ filename: 'a', contentType: 'text/plain', contentId: null, content }];
  await expect(buffer(composeMime({ ...MAIL, files }))).rejects.toThrow('gone');
});

/** Texts with characters that are special in headers, and with all others. */
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 80 }),
  fc
    .array(
      fc.constantFrom(
        '\r',
        '\n',
        '\r\nBcc: x@evil.test',
        '\0',
        ' ',
        '"',
        '\\',
        ',',
        ';',
        '<',
        '>',
        '=?',
        '?=',
        'ü',
        '字',
        '😀',
        '\ud83d',
        'a',
        '\u0085',
        '\u2028',
        '%0d%0a',
        'x'.repeat(600),
      ),
    )
    .map((parts) => parts.join('')),
);
const anyone = fc.record({
  // Longer ones do not count as addresses (RFC 5321: 320 characters).
  email: fc.oneof(
    fc.constant('ann@client.test'),
    anyText.map((text) => text.slice(0, 320)),
  ),
  name: anyText,
});
const people = fc.array(anyone, { maxLength: 3 });

test('no value adds a header or makes a line too long, and every line ends with CRLF', async () => {
  const anyMail = fc.record({
    from: anyone,
    replyTo: people,
    to: people,
    cc: people,
    subject: anyText,
    inReplyTo: fc.option(anyText),
    references: fc.array(anyText, { maxLength: 3 }),
    text: anyText,
    html: fc.option(anyText),
    files: fc.array(
      fc.record({
        filename: anyText,
        contentType: anyText,
        contentId: fc.constant(null),
        bytes: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      }),
      { maxLength: 2 },
    ),
  });
  const allowed = new Set(
    [
      'From',
      'Reply-To',
      'To',
      'Cc',
      'Subject',
      'Date',
      'Message-ID',
      'In-Reply-To',
      'References',
      'MIME-Version',
    ].concat(['Content-Type', 'Content-Transfer-Encoding', 'Content-Disposition', 'Content-ID']),
  );
  await fc.assert(
    fc.asyncProperty(anyMail, async (change) => {
      const mail = await composed(change);
      const raw = mail.toString('latin1');
      expect(raw).not.toMatch(/\r(?!\n)|(?<!\r)\n|\0/);
      expect(Math.max(...raw.split('\r\n').map((line) => line.length))).toBeLessThanOrEqual(998);
      const names = headerNames(mail);
      expect(names.filter((name) => !allowed.has(name))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
      const { mailparser, postalMime } = await readTwice(mail);
      for (const read of [mailparser, postalMime]) {
        expect(read.files.map((file) => file.bytes)).toHaveLength(change.files.length);
        const bytes = (files: { bytes: Buffer }[]) => files.map((file) => file.bytes.toString('hex')).sort();
        expect(bytes(read.files)).toEqual(bytes(change.files));
        expect(read.messageId).toBe(MAIL.messageId);
      }
    }),
    { numRuns: 50 },
  );
});

test('names, subjects, texts and file names come out as they went in', async () => {
  const word = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
    .map((text) => text.replace(/[\p{Cc}\s\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, ''));
  const phrase = fc
    .array(word, { minLength: 1, maxLength: 12 })
    .map((words) => words.filter(Boolean).join(' '))
    .filter((text) => text !== '' && !text.includes('=?'));
  await fc.assert(
    fc.asyncProperty(phrase, phrase, fc.array(phrase, { minLength: 1 }), async (name, subject, lines) => {
      const filename = `${name.replace(/[\\/]/g, '').trim()}x.pdf`;
      const text = lines.join('\n');
      await both(
        {
          to: [{ email: 'ann@client.test', name }],
          subject,
          text,
          html: '<p>x</p>',
          files: [{ filename, contentType: 'application/pdf', contentId: null, bytes: Buffer.from('x') }],
        },
        {
          to: [{ email: 'ann@client.test', name }],
          subject,
          text: text.trimEnd(),
          files: [expect.objectContaining({ filename })],
        },
      );
    }),
    { numRuns: 50 },
  );
});
