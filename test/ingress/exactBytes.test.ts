import { once } from 'node:events';
import http from 'node:http';
import fc from 'fast-check';
import type { StoredPost } from '../../src/infra/archive/storedPost.ts';
import {
  type Field,
  fieldParts,
  MIME_TOKEN,
  MULTIPART,
  multipart,
  post,
  postForm,
  type Rig,
  signature,
  someFields,
  startRig,
} from './rig.ts';

let rig: Rig;
beforeAll(async () => void (rig = await startRig({ maxPostBytes: 10_000_000 })));
afterAll(() => rig.close());

const URLENCODED = { 'content-type': 'application/x-www-form-urlencoded' };
/** Percent-encodes bytes that need it and many that do not. */
const encoded = (bytes: Buffer): string =>
  [...bytes]
    .map((byte) =>
      byte % 3 === 0 || byte < 0x30 || byte > 0x7a || byte === 0x3d ? hex(byte) : String.fromCharCode(byte),
    )
    .join('');
const hex = (byte: number): string => `%${byte.toString(16).padStart(2, '0')}`;
const form = (fields: [Buffer | string, Buffer | string][]): string =>
  fields.map((pair) => pair.map((one) => encoded(Buffer.from(one as string))).join('=')).join('&');

/** Posts a body in pieces of the given sizes, each in a packet of its own. */
async function postInPieces(route: string, type: string, body: Buffer, sizes: number[]): Promise<StoredPost> {
  const request = http.request(`${rig.url}/webhooks/${route}`, {
    method: 'POST',
    headers: { 'content-type': type, authorization: `Bearer ${MIME_TOKEN}` },
  });
  request.setNoDelay(true);
  for (let at = 0, n = 0; at < body.length; n++) {
    const size = sizes[n % sizes.length]!;
    request.write(body.subarray(at, at + size));
    at += size;
    await new Promise((resolve) => setImmediate(resolve));
  }
  request.end();
  const [response] = (await once(request, 'response')) as [http.IncomingMessage];
  const text = Buffer.concat(await response.toArray()).toString();
  expect([response.statusCode, text]).toEqual([200, expect.any(String)]);
  return rig.payloadOf((JSON.parse(text) as { id: string }).id);
}

/** Fields as bytes, however they are stored; without the proof. */
async function bytesOf(stored: StoredPost): Promise<[string, Buffer][]> {
  const pairs: [string, Buffer][] = [];
  for (const [name, value, nameBytes] of stored.fields) {
    if (['timestamp', 'token', 'signature'].includes(name)) continue;
    const key = nameBytes === undefined ? Buffer.from(name) : Buffer.from(nameBytes, 'base64');
    const bytes =
      typeof value === 'string'
        ? Buffer.from(value)
        : 'base64' in value
          ? Buffer.from(value.base64, 'base64')
          : await rig.storage.readAll(value.object);
    pairs.push([key.toString('latin1'), bytes]);
  }
  return pairs;
}

const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
// No value contains the boundary, but some look like its beginning.
const partBytes = fc.oneof(
  bytes,
  fc.constantFrom('', '\r\n', '\r\n--', '\r\n--b0undar', '--b0undary', '\r').map((s) => Buffer.from(s)),
);
const names = fc.oneof(
  bytes,
  fc.constantFrom('__proto__', 'constructor', 'toString', '').map((s) => Buffer.from(s)),
);
const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });

test('any fields in any pieces, urlencoded: names, values, order and repeats are kept', async () => {
  const property = fc.asyncProperty(
    fc.array(fc.tuple(names, bytes), { maxLength: 8 }),
    sizes,
    async (fields, cuts) => {
      const given = fields.filter(([name]) => name.toString('latin1') !== 'body-mime');
      const body = Buffer.from(form([...given, ...signature()]));
      const stored = await postInPieces('mailgun/inbound', URLENCODED['content-type'], body, cuts);
      expect(await bytesOf(stored)).toEqual(given.map(([name, value]) => [name.toString('latin1'), value]));
    },
  );
  await fc.assert(property, { numRuns: 60 });
});

test('any fields and files in any pieces, multipart', async () => {
  const fileName = bytes.map((name) =>
    Buffer.from(name.filter((byte) => ![0x0d, 0x0a, 0x22, 0x5c].includes(byte))),
  );
  const part = fc.record({ name: fc.nat(99), value: partBytes, filename: fc.option(fileName) });
  const property = fc.asyncProperty(fc.array(part, { maxLength: 6 }), sizes, async (parts, cuts) => {
    const written = parts.map(({ name, value, filename }) => ({
      head: Buffer.concat([
        Buffer.from(`Content-Disposition: form-data; name="n${name}"`),
        ...(filename ? [Buffer.from('; filename="'), filename, Buffer.from('"\r\nContent-Type: x/y')] : []),
      ]).toString('latin1'),
      body: value,
    }));
    const body = multipartLatin1([...written, ...fieldParts(signature())]);
    const stored = await postInPieces('mailgun/inbound', MULTIPART['content-type'], body, cuts);
    const isFile = (one: (typeof parts)[number]): boolean => one.filename !== null;
    expect(await bytesOf(stored)).toEqual(
      parts.filter((p) => !isFile(p)).map((p) => [`n${p.name}`, p.value]),
    );
    const files = await Promise.all(
      stored.files.map(async (file) => [
        file.field,
        file.filename_base64 === undefined
          ? Buffer.from(file.filename)
          : Buffer.from(file.filename_base64, 'base64'),
        file.content_type,
        await rig.storage.readAll(file.object),
      ]),
    );
    expect(files).toEqual(parts.filter(isFile).map((p) => [`n${p.name}`, p.filename, 'x/y', p.value]));
  });
  await fc.assert(property, { numRuns: 60 });
});

/** `multipart` with heads whose characters are bytes. */
function multipartLatin1(parts: { head: string; body: Buffer | string }[]): Buffer {
  const pieces = parts.flatMap(({ head, body }) => [
    Buffer.from(`--b0undary\r\n${head}\r\n\r\n`, 'latin1'),
    Buffer.from(body as string),
    Buffer.from('\r\n'),
  ]);
  return Buffer.concat([...pieces, Buffer.from('--b0undary--')]);
}

test('raw mail in any pieces', async () => {
  const property = fc.asyncProperty(
    fc.uint8Array({ minLength: 1, maxLength: 500 }),
    sizes,
    async (mail, cuts) => {
      const stored = await postInPieces(
        'mime/inbound?recipient=a@b.test',
        'message/rfc822',
        Buffer.from(mail),
        cuts,
      );
      expect(stored).toMatchObject({ fields: [], files: [], mime: { size: mail.length } });
      expect(await rig.storage.readAll(stored.mime!.object)).toEqual(Buffer.from(mail));
    },
  );
  await fc.assert(property, { numRuns: 30 });
});

test('broken escapes stay as written', async () => {
  const proof = new URLSearchParams(signature()).toString();
  const answer = await post(
    rig,
    'mailgun/inbound',
    `a=100%&b=%zz%4&c=%&&d&=e&f=1=2&g=a+b%2Bc&${proof}&h=%4`,
    URLENCODED,
  );
  expect((await bytesOf(await rig.payload(answer))).map(([name, value]) => [name, value.toString()])).toEqual(
    [
      ['a', '100%'],
      ['b', '%zz%4'],
      ['c', '%'],
      ['d', ''],
      ['', 'e'],
      ['f', '1=2'],
      ['g', 'a b+c'],
      ['h', '%4'],
    ],
  );
});

test('text that is UTF-8 is kept as text, a byte order mark too; anything else as its bytes', async () => {
  const values: [string, Buffer][] = [
    ['utf8', Buffer.from('\ufeffGröße \u0000 😀')],
    ['windows-1251', Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2])],
    ['half a surrogate', Buffer.from([0xed, 0xa0, 0x80])],
  ];
  const answer = await post(rig, 'mailgun/inbound', form([...values, ...signature()]), URLENCODED);
  const [utf8, ...others] = (await rig.payload(answer)).fields;
  expect(utf8).toEqual(['utf8', '\ufeffGröße \u0000 😀']);
  expect(others.slice(0, 2)).toEqual(
    values.slice(1).map(([name, value]) => [name, { base64: value.toString('base64') }]),
  );
});

test('values over 64 KB are objects, in every form', async () => {
  const exact = 'ö'.repeat(32 * 1024);
  const over = `${exact}x`;
  const fields: Field[] = [
    ...someFields(),
    ['exact', exact],
    ['body-html', over],
    ['body-html', over],
    ...signature(),
  ];
  for (const answer of [
    await postForm(rig, fields),
    await post(rig, 'mailgun/inbound', multipart(fieldParts(fields)), MULTIPART),
  ]) {
    const stored = await rig.payload(answer);
    const at = (n: number) => stored.fields[someFields().length + n]![1];
    expect(at(0)).toBe(exact);
    expect([at(1), at(2)]).toEqual(
      [1, 2].map((n) => ({ object: expect.stringMatching(`\\.field-${n}$`), size: 65_537 })),
    );
    expect(await bytesOf(stored)).toEqual(
      fields.slice(0, -3).map(([name, value]) => [name, Buffer.from(value)]),
    );
  }
});

test('a payload of many fields is written through the spool', async () => {
  const many: Field[] = Array.from({ length: 20_000 }, (_, n) => [`X-Header-${n % 7}`, `value ${n}`]);
  const stored = await rig.payload(await postForm(rig, [...many, ...signature()]));
  expect(stored.fields.slice(0, -3)).toEqual(many);
  expect((await rig.files()).filter((name) => name.startsWith('tmp/'))).toEqual([]);
});

test('body-mime is kept as bytes in an .eml, beside the fields', async () => {
  for (const mail of [Buffer.from('Subject: x\r\n\r\n\xff\xfe', 'latin1'), Buffer.alloc(500_000, 0xe4)]) {
    const body = form([...someFields(), ['body-mime', mail], ...signature()] as [string, string][]);
    const stored = await rig.payload(await post(rig, 'mailgun/inbound/mime', body, URLENCODED));
    expect(stored.mime).toEqual({ object: expect.stringMatching(`${stored.id}\\.eml$`), size: mail.length });
    expect(await rig.storage.readAll(stored.mime!.object)).toEqual(mail);
    expect(stored.fields.map(([name]) => name)).not.toContain('body-mime');
  }
});

test('file names in any script, escaped, empty, or in the extended form', async () => {
  const named = (disposition: string) => ({
    head: `Content-Disposition: form-data; name="f"; ${disposition}`,
    body: 'x',
  });
  const parts = [
    named('filename="Rechnung Größe.pdf"'),
    named('filename="файл; name=x.txt"'),
    named('filename=""'),
    named('filename=bare.txt'),
    named('filename="a \\"quoted\\" name.txt"'),
    named('filename="C:\\mail\\a.txt"'),
    named(`filename="x"; filename*=UTF-8''na%C3%AFve%20%22.txt`),
    { head: 'content-type: text/x\r\nCONTENT-DISPOSITION:form-data;\r\n NAME=f;FILENAME=folded', body: 'x' },
  ];
  const answer = await post(
    rig,
    'mailgun/inbound',
    multipart([...parts, ...fieldParts(signature())]),
    MULTIPART,
  );
  const { files } = await rig.payload(answer);
  expect(files.map((file) => file.filename)).toEqual([
    'Rechnung Größe.pdf',
    'файл; name=x.txt',
    '',
    'bare.txt',
    'a "quoted" name.txt',
    'C:\\mail\\a.txt',
    'naïve ".txt',
    'folded',
  ]);
  expect(files.map((file) => file.content_type)).toEqual(['', '', '', '', '', '', '', 'text/x']);
});

test('the FormData of fetch is read correctly', async () => {
  const data = new FormData();
  for (const [name, value] of [...someFields(), ...signature()]) data.append(name, value);
  data.append('attachment-1', new Blob([Buffer.from([0, 1, 255])], { type: 'image/png' }), 'лого.png');
  const stored = await rig.payload(await post(rig, 'mailgun/inbound', data));
  expect(stored.fields.slice(0, -3)).toEqual(someFields());
  expect(stored.files).toEqual([
    {
      field: 'attachment-1',
      filename: 'лого.png',
      content_type: 'image/png',
      size: 3,
      object: expect.stringMatching(/\.file-1$/),
    },
  ]);
  expect(await rig.storage.readAll(stored.files[0]!.object)).toEqual(Buffer.from([0, 1, 255]));
});
