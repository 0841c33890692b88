import { readdirSync } from 'node:fs';
import { fixture, readPost, localMailgunFor, startReceiver, valuesOf } from './receiver.ts';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let localMailgun: Awaited<ReturnType<typeof localMailgunFor>>;
beforeAll(async () => {
  receiver = await startReceiver();
  localMailgun = await localMailgunFor(receiver);
});
afterAll(async () => {
  await localMailgun.close();
  await receiver.close();
});

async function forward(eml: Buffer) {
  receiver.posts.length = 0;
  const { deliveries } = await localMailgun.receive({ eml }, { recipients: ['support@postroom.test'] });
  expect(deliveries[0]!.outcome).toBe('accepted');
  const read = await readPost(receiver.posts[0]!);
  return { ...read, value: (name: string) => valuesOf(read, name)[0] };
}

test.each([
  ['utf8', 'Größe – über 📦', 'Zoë Müller <zoe@client.test>', 'Grüße aus Köln – die Größe stimmt nicht. 📦'],
  ['utf8-headers', 'Größe über 📦', 'Zoë Müller <zoe@client.test>', 'RFC 6532'],
  ['iso-2022-jp', '注文のお問い合わせ', '山田太郎 <yamada@client.test>', 'お問い合わせの件です。'],
  ['windows-1251', 'Посылка не пришла', 'Дмитрий Орлов <dmitry@client.test>', 'заказ № 1042'],
  ['windows-1251-headers', 'Посылка не пришла', 'Дмитрий Орлов <dmitry@client.test>', 'заказ № 1042'],
  ['gb18030', '订单问题', '王小明 <wang@client.test>', '王小明 𠮷'],
  ['latin1-qp', 'Commande retardée', 'René François <rene@client.test>', 'ça va durer ?'],
  [
    'no-charset-8bit',
    '8-bit, no charset',
    'Ann Miller <ann@client.test>',
    'Кириллица без указания кодировки',
  ],
  ['broken-charset', /^Größe and/, 'Ann Miller <ann@client.test>', 'in a charset that nobody knows.'],
  ['wrong-charset', 'Called UTF-8, is not', 'Ann Miller <ann@client.test>', 'for two.'],
])('%s is decoded', async (name, subject, from, text) => {
  const { value } = await forward(fixture(name));
  expect(value('subject')).toMatch(subject);
  expect(value('Subject')).toBe(value('subject'));
  expect(value('from')).toBe(from);
  expect(value('body-plain')).toContain(text);
});

test.each([
  ['filenames-japanese', ['請求書.pdf', '見積書 2026年.pdf']],
  ['filenames-cyrillic', ['Счёт.pdf', 'Очень длинное имя файла с договором и приложениями.txt']],
  ['filenames-arabic', ['صورة المنتج.png', 'فاتورة.pdf']],
])('%s', async (name, filenames) => {
  const { files, value } = await forward(fixture(name));
  expect(files.map((file) => file.filename)).toEqual(filenames);
  expect(value('attachment-count')).toBe('2');
});

test('missing headers are missing fields', async () => {
  for (const [name, fields] of [
    ['no-from', ['from', 'From']],
    ['no-subject', ['subject', 'Subject']],
    ['no-to', ['To']],
    ['no-date', ['Date']],
    ['no-message-id', ['Message-Id']],
  ] as const) {
    const { value } = await forward(fixture(name));
    for (const field of fields) expect([field, value(field)]).toEqual([field, undefined]);
    expect(value('body-plain')).toContain('A mail without');
  }
  const { value } = await forward(fixture('no-headers'));
  expect(value('body-plain')).toContain('A mail without any header.');
  expect(value('sender')).toBe('');
});

test('repeated headers are repeated fields, and keep their order', async () => {
  const read = await forward(fixture('repeated-headers'));
  expect(valuesOf(read, 'X-Note')).toEqual(['one', 'two', 'three']);
  expect(valuesOf(read, 'Subject')).toEqual(['Repeated', 'Second subject']);
  expect(valuesOf(read, 'subject')).toEqual(['Repeated']);
  expect(valuesOf(read, 'Received')).toHaveLength(3);
});

test('HTML only: the text is made from it', async () => {
  const { value } = await forward(fixture('html-only'));
  expect(value('body-plain')).toContain('Total: 12');
  expect(value('body-html')).toContain('<script>alert(1)</script>');
});

test('pictures keep their Content-Ids', async () => {
  const { value, files } = await forward(fixture('html-cid'));
  expect(JSON.parse(value('content-id-map')!)).toEqual({
    '<photo.1@client.test>': 'attachment-1',
    '<logo@client.test>': 'attachment-2',
    '<unused@client.test>': 'attachment-3',
  });
  expect(files.map((file) => file.contentType)).toEqual(['image/png', 'image/png', 'image/png']);
  expect(value('body-html')).toContain('cid:photo.1@client.test');
});

test.each([
  ['gmail-reply', 'Yes, tomorrow is fine.'],
  ['outlook-reply', 'That works.'],
])('%s: the quote is stripped', async (name, mine) => {
  const { value } = await forward(fixture(name));
  for (const field of ['stripped-text', 'stripped-html'] as const) {
    expect(value(field)).toContain(mine);
    expect(value(field)).not.toContain('Shall we send it');
  }
  expect(value('body-plain')).toContain('Shall we send it');
});

test('an attached mail is a file, and so is a delivery report', async () => {
  const attached = await forward(fixture('attached-mail'));
  expect(attached.files).toMatchObject([{ filename: 'Das.eml', contentType: 'message/rfc822' }]);
  expect(attached.files[0]!.bytes.toString()).toContain('The mail inside.');
  const bounce = await forward(fixture('bounce'));
  expect(bounce.value('attachment-count')).toBe('2');
});

test('every mail of the collection is posted in every form', async () => {
  const names = readdirSync(new URL('../../../test/fixtures/mails/', import.meta.url)).filter((file) =>
    file.endsWith('.eml'),
  );
  expect(names.length).toBeGreaterThan(30);
  for (const form of ['forward', 'store', 'mime'] as const) {
    for (const name of names) {
      const eml = fixture(name.replace('.eml', ''));
      const received = await localMailgun.receive({ eml }, { recipients: ['support@postroom.test'], form });
      expect([name, form, received.deliveries[0]!.outcome]).toEqual([name, form, 'accepted']);
    }
  }
});
