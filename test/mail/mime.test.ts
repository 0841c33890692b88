import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { caps } from '../../src/mail/caps.ts';
import { extractParts, readMime, readMimeHead } from '../../src/mail/mime.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'mime-'));
afterAll(() => rmSync(folder, { recursive: true }));

let count = 0;
function eml(...parts: (string | Buffer)[]): string {
  const file = path.join(folder, `${count++}.eml`);
  writeFileSync(file, Buffer.concat(parts.map((part) => Buffer.from(part as string))));
  return file;
}
const read = (...parts: (string | Buffer)[]) => readMime(eml(...parts));
const HEAD = 'From: Ann <ann@x.test>\r\nSubject: s\r\n';
const fixture = (name: string) => readMime(`test/fixtures/mails/${name}.eml`);

describe('texts and files', () => {
  const mixed = `${HEAD}Content-Type: multipart/mixed; boundary=m\r\n\r\npreamble\r\n--m\r\nContent-Type: multipart/alternative; boundary="a a"\r\n\r\n--a a\r\n\r\nplain\r\n--a a\r\nContent-Type: text/html\r\n\r\n<p>html</p>\r\n--a a--\r\n--m\r\nContent-Type: text/plain; name="notes.txt"\r\nContent-Disposition: inline\r\n\r\nnotes\r\n--m\r\nContent-Type: text/plain\r\n\r\nfooter\r\n--m\r\nContent-Type: image/png\r\nContent-ID: <i@x>\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw==\r\n--m\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename=empty.pdf\r\n\r\n--m--\r\nepilogue`;

  test('texts are joined, what is named or attached is a file, numbered as it stands', async () => {
    const mail = await read(mixed);
    expect(mail).toMatchObject({ text: 'plain\nfooter', html: '<p>html</p>', cut: [] });
    expect(mail.files).toEqual([
      { filename: 'notes.txt', contentType: 'text/plain', size: 5, contentId: null, source: { part: 0 } },
      { filename: 'unnamed.png', contentType: 'image/png', size: 4, contentId: 'i@x', source: { part: 1 } },
      {
        filename: 'empty.pdf',
        contentType: 'application/pdf',
        size: 0,
        contentId: null,
        source: { part: 2 },
      },
    ]);
  });

  test('files are written by their numbers, an empty one too, one too large stops a byte over', async () => {
    const file = eml(mixed);
    const dir = mkdtempSync(path.join(folder, 'out-'));
    expect(await extractParts(file, [2, 0], dir, 5)).toEqual([
      { part: 0, size: 5 },
      { part: 2, size: 0 },
    ]);
    expect(readFileSync(path.join(dir, '0'), 'utf8')).toBe('notes');
    expect(statSync(path.join(dir, '2')).size).toBe(0);
    expect(await extractParts(file, [0, 1], dir, 3)).toEqual([
      { part: 0, size: 4 },
      { part: 1, size: 4 },
    ]);
    expect(readFileSync(path.join(dir, '0'), 'utf8')).toBe('note');
    expect([...readFileSync(path.join(dir, '1'))]).toEqual([0x89, 0x50, 0x4e, 0x47]);
    expect(await extractParts(file, [99], dir, 3)).toEqual([]);
  });

  test('25 MB, to the byte', async () => {
    const content = Buffer.alloc(26_214_400, 'postroom');
    const file = eml(
      HEAD,
      'Content-Type: application/zip; name=a.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n',
      content.toString('base64').replace(/.{76}/g, '$&\r\n'),
    );
    expect((await readMime(file)).files[0]!.size).toBe(content.length);
    const dir = mkdtempSync(path.join(folder, 'out-'));
    expect(await extractParts(file, [0], dir, content.length)).toEqual([{ part: 0, size: content.length }]);
    expect(readFileSync(path.join(dir, '0')).equals(content)).toBe(true);
  });

  test('an attached mail is a file, byte for byte', async () => {
    const mail = await fixture('attached-mail');
    expect(mail.files).toHaveLength(1);
    expect(mail.files[0]).toMatchObject({ contentType: 'message/rfc822' });
    const dir = mkdtempSync(path.join(folder, 'out-'));
    await extractParts('test/fixtures/mails/attached-mail.eml', [0], dir, 1_000_000);
    expect(readFileSync(path.join(dir, '0'), 'utf8')).toMatch(/^(?:[A-Z][\w-]*: .*\r?\n)+/);
  });

  test('40 attachments', async () => {
    const parts = Array.from(
      { length: 40 },
      (_, n) => `--b\r\nContent-Type: text/x; name=f${n}\r\n\r\n${n}\r\n`,
    );
    const mail = await read(HEAD, 'Content-Type: multipart/mixed; boundary=b\r\n\r\n', ...parts, '--b--');
    expect(mail.files.map((file) => file.filename)).toEqual(Array.from({ length: 40 }, (_, n) => `f${n}`));
    expect(mail.cut).toEqual([]);
  });
});

describe('charsets', () => {
  test.each([
    ['utf8', /[äöüß]/],
    ['utf8-headers', /./],
    ['iso-2022-jp', /[\u3040-\u30ff]/],
    ['windows-1251', /[а-я]{4}/],
    ['windows-1251-headers', /[а-я]{4}/],
    ['gb18030', /[\u4e00-\u9fff]{2}/],
    ['latin1-qp', /[äöüßéè]/],
    ['no-charset-8bit', /[^\x00-\x7f]/],
    ['wrong-charset', /Café/],
    ['outlook-reply', /./],
  ])('%s', async (name, expected) => {
    const mail = await fixture(name);
    expect(mail.text).toMatch(expected);
    expect(mail.text).not.toContain('\uFFFD');
    expect(mail.subject + mail.from!.name + mail.to.map((to) => to.name).join('')).not.toContain('\uFFFD');
  });

  test('what the body declares holds for bare 8-bit headers and file names', async () => {
    const cp1250 = (text: string) =>
      Buffer.from({ Zażółć: [0x5a, 0x61, 0xbf, 0xf3, 0xb3, 0xe6], gęś: [0x67, 0xea, 0x9c] }[text]!);
    const mail = await read(
      'Subject: ',
      cp1250('Zażółć'),
      '\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain; charset=windows-1250\r\n\r\n',
      cp1250('gęś'),
      '\r\n--b\r\nContent-Type: application/x; name="',
      cp1250('gęś'),
      '"\r\n\r\nx\r\n--b--',
    );
    expect(mail).toMatchObject({ subject: 'Zażółć', text: 'gęś', files: [{ filename: 'gęś' }] });
  });

  test('a broken one is read as far as it goes', async () => {
    const mail = await fixture('broken-charset');
    expect(mail.text).not.toBeNull();
    expect(mail.subject).not.toBe('');
  });

  test.each(['filenames-japanese', 'filenames-cyrillic', 'filenames-arabic', 'filenames-odd'])(
    '%s',
    async (name) => {
      for (const { filename } of (await fixture(name)).files)
        expect(filename).not.toMatch(/=\?|\uFFFD|%[0-9A-F]{2}|[\\/]|^$/);
    },
  );

  test('format=flowed', async () => {
    const mail = await read(
      HEAD,
      'Content-Type: text/plain; format=flowed; delsp=yes\r\n\r\nones \r\nentence\r\nnext\r\n',
    );
    expect(mail.text).toBe('onesentence\nnext');
  });
});

describe('what is missing', () => {
  test.each(['no-from', 'no-to', 'no-subject', 'no-date', 'no-message-id'])(
    '%s is still a mail',
    async (name) => {
      const mail = await fixture(name);
      expect(mail.text?.trim()).not.toBe('');
      const [missing] = [['from', 'to', 'subject', 'date', 'messageId'] as const].map((names) =>
        names.find((one) => one.toLowerCase() === name.slice(3).replace('-', '')),
      );
      expect([null, '', []]).toContainEqual(mail[missing!]);
    },
  );

  test('everything', async () => {
    expect(await read('')).toEqual({
      headers: [],
      messageId: null,
      inReplyTo: [],
      references: [],
      from: null,
      replyTo: [],
      to: [],
      cc: [],
      subject: '',
      date: null,
      text: null,
      html: null,
      files: [],
      reportParts: { status: null, original: null },
      cut: [],
    });
    expect(await read('\r\nonly text')).toMatchObject({ headers: [], text: 'only text' });
  });

  test('the boundary: its source is shown', async () => {
    expect(await read(HEAD, 'Content-Type: multipart/mixed\r\n\r\nwhat was written')).toMatchObject({
      text: 'what was written',
      files: [],
    });
    expect(
      (await read(HEAD, 'Content-Type: multipart/mixed; boundary=b\r\n\r\n--c\r\n\r\nwhat was written')).text,
    ).toContain('what was written');
  });

  test('the end', async () => {
    const mail = await read(
      HEAD,
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0K',
    );
    expect(mail).toMatchObject({ text: 'text', files: [{ size: 6 }] });
  });
});

describe('caps', () => {
  test('500 parts: the first 200, and it says so; numbers are the same when they are written', async () => {
    const parts = Array.from(
      { length: 500 },
      (_, n) => `--b\r\nContent-Type: text/x; name=f${n}\r\n\r\n${n}\r\n`,
    );
    const file = eml(HEAD, 'Content-Type: multipart/mixed; boundary=b\r\n\r\n', ...parts, '--b--');
    const mail = await readMime(file);
    expect(mail.files).toHaveLength(caps.parts);
    expect(mail.cut).toEqual(['parts']);
    expect(await extractParts(file, [199, 200], folder, 100)).toEqual([{ part: 199, size: 3 }]);
    expect(readFileSync(path.join(folder, '199'), 'utf8')).toBe('199');
  });

  test('MIME in MIME, 200 deep, and without end', async () => {
    const nest = (depth: number) =>
      Array.from(
        { length: depth },
        (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
      ).join('');
    expect(await read(HEAD, nest(200), '\r\ndeep')).toMatchObject({ text: 'deep', cut: [] });
    expect(await read(HEAD, nest(20_000), '\r\ndeep')).toMatchObject({ subject: 's', cut: ['parts'] });
    const mails = 'Content-Type: message/rfc822\r\n\r\n'.repeat(200);
    expect((await read(HEAD, mails)).files).toHaveLength(1);
  });

  test('10,000 headers, and a head without end', async () => {
    const many = (n: number) => Array.from({ length: n }, (_, i) => `X-${i}: ${'v'.repeat(40)}\r\n`).join('');
    const mail = await read(many(10_000), HEAD, '\r\nbody');
    expect(mail).toMatchObject({
      subject: 's',
      from: { email: 'ann@x.test' },
      text: 'body',
      cut: ['headers'],
    });
    expect(mail.headers.length).toBeLessThanOrEqual(caps.headers + 20);
    expect((await read(HEAD, many(100_000), '\r\nbody')).cut).toContain('headers');
  });

  test('30 MB of text: the first 2 MB', async () => {
    const mail = await read(HEAD, '\r\n', Buffer.alloc(30_000_000, 'hello world\r\n'));
    expect(mail.cut).toEqual(['text']);
    expect(Buffer.byteLength(mail.text!)).toBeLessThanOrEqual(caps.textBytes);
    expect(mail.text!.startsWith('hello world\nhello')).toBe(true);
  });

  test.each([
    ['a line without end', Buffer.alloc(20_000_000, 'x')],
    ['empty lines', Buffer.alloc(5_000_000, '\n')],
    ['lines like boundaries', Buffer.alloc(5_000_000, '--b\u0020\u0020x\n')],
    ['quoted-printable that is none', Buffer.alloc(5_000_000, '=')],
  ])('%s', async (_, body) => {
    const mail = await read(
      HEAD,
      'Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n',
      body,
    );
    expect(mail.subject).toBe('s');
  });
});

test('never throws on any bytes, and counts what it then writes', async () => {
  const line = fc.oneof(
    fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
    fc
      .constantFrom(
        '--b',
        '--b--',
        '--c',
        '',
        'Content-Type: multipart/mixed; boundary=b',
        'Content-Type: multipart/alternative; boundary="c"',
        'Content-Type: text/html; charset=gb18030',
        'Content-Type: message/rfc822',
        "Content-Type: image/png; name*0*=utf-8''%41;name*1=b",
        'Content-Transfer-Encoding: base64',
        'Content-Transfer-Encoding: quoted-printable',
        'Content-Disposition: attachment; filename="=?utf-8?B?w4Q=?="',
        'Content-Id: <a@b>',
        'aGVsbG8=',
        '=C3=A4=',
        'From: a@b',
        'Date: x',
        ' folded',
      )
      .map((text) => Buffer.from(text)),
  );
  const anyMail = fc
    .array(line, { maxLength: 30 })
    .map((lines) => Buffer.concat(lines.flatMap((one) => [one, Buffer.from('\r\n')])));
  await fc.assert(
    fc.asyncProperty(anyMail, async (bytes) => {
      const file = eml(bytes);
      const mail = await readMime(file);
      expect(readMimeHead(file).headers.length).toBe(mail.headers.length);
      const written = await extractParts(
        file,
        mail.files.map((_, n) => n),
        folder,
        1_000_000,
      );
      expect(written).toEqual(mail.files.map(({ size }, part) => ({ part, size })));
    }),
    { numRuns: 300 },
  );
});
