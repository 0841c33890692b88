import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { digest, salvage } from '../../../src/infra/parser/digest.ts';
import type { StoredPost } from '../../../src/infra/archive/storedPost.ts';
import { postOf } from './post.ts';

type Fields = StoredPost['fields'];
const folder = mkdtempSync(path.join(os.tmpdir(), 'providers-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function local(content: string | Buffer): string {
  const file = path.join(folder, String(count++));
  writeFileSync(file, content);
  return file;
}

const HEADERS = [
  ['X-Mailgun-Spf', 'Pass'],
  ['X-Mailgun-Dkim-Check-Result', 'Fail'],
  ['X-Mailgun-Sflag', 'No'],
  ['X-Mailgun-Sscore', '-0.7'],
  ['Received', 'one'],
  ['Received', 'two'],
  ['From', 'Dana Ruiz <dana@client.test>'],
  ['To', '"Support, Acme" <support@acme.test>, bob@acme.test'],
  ['Cc', '=?utf-8?Q?Gr=C3=B6=C3=9Fe=2C_Ann?= <ann@client.test>'],
  ['Reply-To', 'desk@client.test'],
  ['Subject', 'Re: Order 1042'],
  ['Date', 'Mon, 23 Nov 2026 09:59:57 +0000'],
  ['Message-Id', '<c41f@mail.client.test>'],
  ['In-Reply-To', '<a@mg.acme.test>'],
  ['References', '<root@x.test> <a@mg.acme.test>'],
];
const headers: Fields[number] = ['message-headers', JSON.stringify(HEADERS)];
const file = (n: number, name: string, type: string) => ({
  field: `attachment-${n}`,
  filename: name,
  content_type: type,
  size: n,
  object: `post.file-${n}`,
});
const mail = (fields: Fields, more: Partial<Parameters<typeof postOf>[1]> = {}) =>
  digest(postOf('mailgun', { fields, ...more }));

describe('forward', () => {
  test('a whole mail', async () => {
    const fields: Fields = [
      ['recipient', 'support@acme.test'],
      ['sender', 'bounce+1@client.test'],
      headers,
      ['body-plain', 'Here\r\nit is.'],
      ['body-html', '<p>Here it is. <img src="cid:logo@client"></p>'],
      ['stripped-text', 'Here'],
      ['content-id-map', '{"<logo@client>":"attachment-2"}'],
    ];
    const files = [
      file(10, 'ten.txt', 'text/plain'),
      file(2, 'Größe.png', 'image/PNG; name=x'),
      file(1, '', 'application/pdf'),
    ];
    expect(await mail(fields, { files })).toMatchObject({
      envelope_from: 'bounce+1@client.test',
      message_id: '<c41f@mail.client.test>',
      in_reply_to: ['<a@mg.acme.test>'],
      references: ['<root@x.test>', '<a@mg.acme.test>'],
      from: { email: 'dana@client.test', name: 'Dana Ruiz' },
      reply_to: [{ email: 'desk@client.test', name: '' }],
      to: [
        { email: 'support@acme.test', name: 'Support, Acme' },
        { email: 'bob@acme.test', name: '' },
      ],
      cc: [{ email: 'ann@client.test', name: 'Größe, Ann' }],
      subject: 'Re: Order 1042',
      date: new Date('2026-11-23T09:59:57Z'),
      text: 'Here\nit is.',
      html: '<p>Here it is. <img src="postroom-cid:logo%40client" /></p>',
      shown_cids: ['logo@client'],
      files: [
        {
          filename: 'unnamed.pdf',
          contentType: 'application/pdf',
          size: 1,
          contentId: null,
          source: { object: 'post.file-1' },
        },
        {
          filename: 'Größe.png',
          contentType: 'image/png',
          size: 2,
          contentId: 'logo@client',
          source: { object: 'post.file-2' },
        },
        {
          filename: 'ten.txt',
          contentType: 'text/plain',
          size: 10,
          contentId: null,
          source: { object: 'post.file-10' },
        },
      ],
      verdicts: { spf: 'pass', dkim: 'fail', spam: 'pass', spamScore: -0.7 },
      cut: [],
    });
  });

  test('several HTML parts, no text', async () => {
    expect(await mail([headers, ['body-html', '<p>one</p>'], ['body-html', '<p>two</p>']])).toMatchObject({
      html: '<p>one</p>\n<p>two</p>',
      text: 'one\n\ntwo',
    });
    expect(await mail([headers])).toMatchObject({ html: null, text: '' });
  });

  test('long values beside the payload, values that are not UTF-8', async () => {
    const objects = { 'post.field-1': local('long text'), 'post.field-2': local(JSON.stringify(HEADERS)) };
    const cyrillic = Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]).toString('base64');
    const fields: Fields = [
      ['message-headers', { object: 'post.field-2', size: 9 }],
      ['body-plain', { object: 'post.field-1', size: 9 }],
      ['body-html', { base64: cyrillic }],
    ];
    expect(await mail(fields, { objects })).toMatchObject({
      subject: 'Re: Order 1042',
      text: 'long text',
      html: 'Привет',
    });
  });

  test('the charset that the mail declares', async () => {
    const declared: Fields[number] = [
      'message-headers',
      JSON.stringify([...HEADERS, ['Content-Type', 'text/plain; charset="iso-8859-2"']]),
    ];
    expect(
      await mail([declared, ['body-plain', { base64: Buffer.from([0x67, 0xea, 0xb6]).toString('base64') }]]),
    ).toMatchObject({ text: 'gęś' });
  });

  test('a file name that is not UTF-8', async () => {
    const named = {
      ...file(1, '?', 'text/plain'),
      filename_base64: Buffer.from([0xd1, 0xf7, 0xb8, 0xf2, 0x2e, 0x70, 0x64, 0x66]).toString('base64'),
    };
    expect((await mail([headers], { files: [named] })).files[0]!.filename).toBe('Счёт.pdf');
  });

  test('text over 2 MB is cut, and says so', async () => {
    const objects = { big: local('é'.repeat(1_500_000)) };
    const stored = await mail([headers, ['body-plain', { object: 'big', size: 3_000_000 }]], { objects });
    expect(stored.cut).toEqual(['text']);
    expect(stored.text).toBe('é'.repeat(1_048_576));
  });
});

describe('headers', () => {
  test.each(['', 'no json', '{"From":"x"}', '[1,["a"],["b",2],null]', '[]'])(
    'message-headers %j: the fields named like headers',
    async (broken) => {
      const fields: Fields = [
        ['message-headers', broken],
        ['from', 'lower@x.test'],
        ['From', 'Ann <ann@x.test>'],
        ['Received', 'one'],
        ['Received', 'two'],
        ['Subject', 's'],
        ['body-plain', 't'],
      ];
      const stored = await mail(fields);
      expect(stored).toMatchObject({ from: { email: 'ann@x.test' }, subject: 's', text: 't' });
      expect(stored.headers.filter(([name]) => name === 'Received')).toHaveLength(2);
    },
  );

  test('nothing but from and subject', async () => {
    expect(
      await mail([
        ['from', 'Ann <ann@x.test>'],
        ['subject', 's'],
        ['body-plain', 't'],
      ]),
    ).toMatchObject({ from: { email: 'ann@x.test', name: 'Ann' }, subject: 's', message_id: null });
  });

  test('names that an object has of its own', async () => {
    const odd = [['__proto__', 'a'], ['constructor', 'b'], ['toString', 'c'], ...HEADERS];
    expect((await mail([['message-headers', JSON.stringify(odd)]])).headers.slice(0, 3)).toEqual(
      odd.slice(0, 3),
    );
  });

  test('10,000 of them', async () => {
    const many = [...Array.from({ length: 10_000 }, (_, n) => [`X-${n}`, 'v']), ...HEADERS];
    expect(await mail([['message-headers', JSON.stringify(many)]])).toMatchObject({
      cut: ['headers'],
      message_id: '<c41f@mail.client.test>',
    });
  });
});

describe('store', () => {
  const url = (n: number) => `https://s.mailgun.net/v3/domains/d/messages/k/attachments/${n}`;
  const list = JSON.stringify([
    { url: url(0), 'content-type': 'image/png', name: 'logo.png', size: 2785 },
    { url: url(1), 'content-type': 'application/pdf', name: 'Größe.pdf', size: 59121 },
    { url: url(2), name: 7, size: 'many' },
    null,
  ]);

  test.each([
    ['a URL', `{"<a@x>":"${url(0)}","<b@x>":"${url(1)}"}`],
    ['a number', '{"<a@x>":"attachment-1","<b@x>":"attachment-2"}'],
    ['an object', `{"<a@x>":{"url":"${url(0)}","name":"logo.png"},"<b@x>":{"size":1,"url":"${url(1)}"}}`],
    [
      'mixed, with empty and broken ones',
      `{"":"${url(1)}", "<a@x>" : "${url(0)}" , "<b@x>":"attachment-2","<c@x>":5}`,
    ],
    [
      'a key of 8 MB',
      `{"<a@x>":"attachment-1","<b@x>":"attachment-2","${String.raw`\\n`.repeat(4 * 1024 * 1024)}":"attachment-3"}`,
    ],
  ])('content-id-map with %s', async (_, map) => {
    const { files } = await mail([headers, ['attachments', list], ['content-id-map', map]]);
    expect(files).toEqual([
      {
        filename: 'logo.png',
        contentType: 'image/png',
        size: 2785,
        contentId: 'a@x',
        source: { url: url(0) },
      },
      {
        filename: 'Größe.pdf',
        contentType: 'application/pdf',
        size: 59121,
        contentId: 'b@x',
        source: { url: url(1) },
      },
      {
        filename: 'unnamed.bin',
        contentType: 'application/octet-stream',
        size: null,
        contentId: null,
        source: { url: url(2) },
      },
      {
        filename: 'unnamed.bin',
        contentType: 'application/octet-stream',
        size: null,
        contentId: null,
        source: { url: '' },
      },
    ]);
  });

  test('one Content-Id for two files', async () => {
    const { files } = await mail([
      headers,
      ['attachments', list],
      ['content-id-map', `{"<a@x>":"${url(0)}","<a@x>":"${url(1)}"}`],
    ]);
    expect(files.map((one) => one.contentId)).toEqual(['a@x', 'a@x', null, null]);
  });

  test.each([
    '',
    '{',
    '[]',
    'null',
    '{"a"',
    '"x"',
    '{"<a@x>":"attachment-1"',
    `{${'"'.repeat(500_000)}`,
    `{${'"\\"'.repeat(300_000)}`,
  ])('a broken content-id-map loses no mail (%#)', async (map) => {
    expect((await mail([headers, ['attachments', list], ['content-id-map', map]])).files).toHaveLength(4);
  });

  test.each(['{', '{}', '"x"', '5'])(
    'attachments %j: the mail is there, and says that something is missing',
    async (broken) => {
      expect(await mail([headers, ['body-plain', 't'], ['attachments', broken]])).toMatchObject({
        text: 't',
        files: [],
        cut: ['parts'],
      });
    },
  );

  test('a thousand files: the first 200', async () => {
    const many = JSON.stringify(Array.from({ length: 1_000 }, (_, n) => ({ url: url(n), name: `f${n}` })));
    expect((await mail([headers, ['attachments', many]])).files).toHaveLength(200);
  });
});

describe('raw MIME', () => {
  const eml =
    'Return-Path: <back@client.test>\r\nX-Mailgun-Spf: Fail\r\nX-Mailgun-Dkim-Check-Result: Fail\r\nFrom: dana@client.test\r\nSubject: s\r\n\r\nbody';

  test('from Mailgun: envelope from the post, verdicts from its headers', async () => {
    const stored = await mail(
      [
        ['sender', 'b@client.test'],
        ['body-plain', 'not this'],
      ],
      { mime: local(eml) },
    );
    expect(stored).toMatchObject({
      envelope_from: 'b@client.test',
      text: 'body',
      verdicts: { spf: 'fail', dkim: 'fail' },
    });
    expect((await mail([['sender', '']], { mime: local(eml) })).envelope_from).toBeNull();
  });

  test("from one's own server: envelope from Return-Path, headers of others prove nothing", async () => {
    const stored = await digest(postOf('mime', { mime: local(eml) }));
    expect(stored).toMatchObject({
      envelope_from: 'back@client.test',
      text: 'body',
      verdicts: { spf: 'unknown', dkim: 'unknown' },
    });
  });

  test("from one's own server: what it found counts under the name that is trusted", async () => {
    const results =
      'Authentication-Results: mx.acme.test; spf=pass smtp.mailfrom=client.test;\r\n dmarc=pass';
    const job = postOf('mime', { mime: local(`${results} header.from=client.test\r\n${eml}`) });
    const verdictsBy = async (authservId: string | null) => (await digest({ ...job, authservId })).verdicts;
    expect(await verdictsBy('MX.acme.test')).toMatchObject({
      spf: 'pass',
      dkim: 'unknown',
      dmarc: 'pass',
      passed: { spf: ['client.test'], dkim: [] },
    });
    for (const name of ['mx.evil.test', null])
      expect(await verdictsBy(name)).not.toMatchObject({ spf: 'pass' });
    expect((await salvage({ ...job, authservId: 'mx.acme.test' })).verdicts).toMatchObject({ dmarc: 'pass' });
  });
});

test('salvage reads headers and no body, in every form', async () => {
  const expected = { from: { email: 'dana@client.test' }, subject: 's', text: '', html: null, files: [] };
  const mime = local('From: dana@client.test\r\nSubject: s\r\nContent-Type: text/html\r\n\r\n<p>body');
  expect(await salvage(postOf('mime', { mime }))).toMatchObject(expected);
  expect(await salvage(postOf('mailgun', { mime }))).toMatchObject(expected);
  expect(
    await salvage(
      postOf('mailgun', {
        fields: [
          ['from', 'dana@client.test'],
          ['subject', 's'],
          ['body-plain', 'x'],
          ['attachments', '[{}]'],
        ],
      }),
    ),
  ).toMatchObject(expected);
});

test('an unknown provider is an error', async () => {
  await expect(digest(postOf('constructor', {}))).rejects.toThrow('no such provider');
});

test('no post breaks it, and all that comes out can be stored', async () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '[["From","a@b"]]',
      '[["Subject","=?utf-8?B?AAA=?="]]',
      '[{"url":"\\u0000","name":"\\ud800"}]',
      '{"<\\u0000>":"attachment-1"}',
      '<p>\0<img src="cid:a">\uD800',
    ),
    fc.json(),
  );
  const value = fc.oneof(text, fc.record({ base64: fc.base64String() }));
  const name = fc.constantFrom(
    'message-headers',
    'body-plain',
    'body-html',
    'attachments',
    'content-id-map',
    'sender',
    'from',
    'subject',
    'From',
    'To',
    'Subject',
    'Date',
    'Message-Id',
    'References',
    'X-Mailgun-Spf',
  );
  const files = fc.array(
    fc.record({
      field: fc.constantFrom('attachment-1', 'attachment-2', 'x'),
      filename: text,
      content_type: text,
      size: fc.nat(),
      object: fc.constant('o'),
    }),
    { maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, value), { maxLength: 8 }), files, async (fields, posted) => {
      const stored = await mail(fields, { files: posted });
      expect(JSON.stringify(stored)).not.toMatch(/(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/i);
    }),
    { numRuns: 1_000 },
  );
});
