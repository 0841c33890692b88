import { createHmac } from 'node:crypto';
import {
  fixture,
  readPost,
  rawField,
  localMailgunFor,
  SIGNING_KEY,
  startReceiver,
  valuesOf,
} from './receiver.ts';

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
beforeEach(() => {
  receiver.posts.length = 0;
});

const mail = {
  from: 'Dana Ruiz <dana@client.test>',
  to: ['Acme Support <tickets+7f3a@in.acme.test>'],
  subject: 'Re: Order 1042',
  text: 'Here is the invoice.\n\nOn Mon, Nov 23, 2026 Acme wrote:\n> Please send it.\n\n-- \nDana\n',
  html: '<p>Here is the invoice. <img src="cid:logo@client"></p><blockquote>Please send it.</blockquote>',
  inReplyTo: '<20261123080000.1.A1B2@mg.acme.test>',
  references: ['<20261122.root@mail.client.test>', '<20261123080000.1.A1B2@mg.acme.test>'],
  messageId: '<c41f@mail.client.test>',
  date: new Date('2026-11-23T09:59:57Z'),
  attachments: [
    {
      filename: 'logo.png',
      contentType: 'image/png',
      content: Buffer.from([0x89, 0, 0xff, 13, 10]),
      contentId: '<logo@client>',
    },
    { filename: 'Rechnung Größe "1".pdf', contentType: 'application/pdf', content: Buffer.from('%PDF') },
  ],
};
const plain = { from: 'a@client.test', to: ['s@in.acme.test'], subject: 'x', text: 'y' };

const proved = (values: (name: string) => string[]) => {
  const [[timestamp], [token], [signature]] = [values('timestamp'), values('token'), values('signature')];
  return (
    createHmac('sha256', SIGNING_KEY)
      .update(timestamp! + token!)
      .digest('hex') === signature
  );
};

test('forward: fields in Mailgun’s order, files as parts', async () => {
  await localMailgun.receive(mail);
  const [post] = receiver.posts;
  expect(post!.url).toBe('/webhooks/mailgun/inbound');
  expect(post!.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
  expect(post!.headers['content-length']).toBe(String(post!.raw.length));
  const read = await readPost(post!);
  expect(read.fields.map(([name]) => name)).toEqual([
    ...['recipient', 'sender', 'subject', 'from', 'X-Mailgun-Incoming', 'X-Envelope-From', 'Received'],
    ...[
      'From',
      'To',
      'In-Reply-To',
      'References',
      'Subject',
      'Message-Id',
      'Date',
      'Mime-Version',
      'Content-Type',
    ],
    ...[
      'X-Mailgun-Sflag',
      'X-Mailgun-Sscore',
      'X-Mailgun-Spf',
      'X-Mailgun-Dkim-Check-Result',
      'message-headers',
    ],
    ...['body-plain', 'body-html', 'stripped-text', 'stripped-signature', 'stripped-html'],
    ...['attachment-count', 'content-id-map', 'timestamp', 'token', 'signature'],
  ]);
  expect(Object.fromEntries(read.fields)).toMatchObject({
    recipient: 'tickets+7f3a@in.acme.test',
    sender: 'dana@client.test',
    subject: 'Re: Order 1042',
    from: 'Dana Ruiz <dana@client.test>',
    'X-Envelope-From': 'dana@client.test',
    To: 'Acme Support <tickets+7f3a@in.acme.test>',
    'Message-Id': '<c41f@mail.client.test>',
    'In-Reply-To': '<20261123080000.1.A1B2@mg.acme.test>',
    References: '<20261122.root@mail.client.test> <20261123080000.1.A1B2@mg.acme.test>',
    Date: 'Mon, 23 Nov 2026 09:59:57 +0000',
    'body-plain':
      'Here is the invoice.\r\n\r\nOn Mon, Nov 23, 2026 Acme wrote:\r\n> Please send it.\r\n\r\n-- \r\nDana\r\n',
    'body-html': mail.html,
    'stripped-text': 'Here is the invoice.',
    'stripped-signature': '-- \nDana',
    'stripped-html': '<p>Here is the invoice. <img src="cid:logo@client"></p>',
    'attachment-count': '2',
    'content-id-map': '{"<logo@client>":"attachment-1"}',
  });
  const names = (JSON.parse(valuesOf(read, 'message-headers')[0]!) as string[][]).map(([name]) => name);
  expect(names.slice(0, 8)).toEqual([
    ...['X-Mailgun-Dkim-Check-Result', 'X-Mailgun-Spf', 'X-Mailgun-Sscore', 'X-Mailgun-Sflag'],
    ...['X-Mailgun-Incoming', 'X-Envelope-From', 'Received', 'From'],
  ]);
  expect(read.files).toEqual([
    {
      field: 'attachment-1',
      filename: 'logo.png',
      contentType: 'image/png',
      bytes: mail.attachments[0]!.content,
    },
    {
      field: 'attachment-2',
      filename: 'Rechnung Größe "1".pdf',
      contentType: 'application/pdf',
      bytes: Buffer.from('%PDF'),
    },
  ]);
  expect(post!.raw.includes(Buffer.from('filename="Rechnung Größe \\"1\\".pdf"'))).toBe(true);
  expect(proved((name) => valuesOf(read, name))).toBe(true);
});

test('without files: urlencoded, no attachment-count; without HTML: no body-html', async () => {
  await localMailgun.receive(plain);
  const [post] = receiver.posts;
  expect(post!.headers['content-type']).toBe('application/x-www-form-urlencoded');
  const names = (await readPost(post!)).fields.map(([name]) => name);
  for (const absent of [
    'attachment-count',
    'content-id-map',
    'body-html',
    'stripped-html',
    'attachments',
    'domain',
  ])
    expect(names).not.toContain(absent);
  expect(names).toContain('body-plain');
});

test('store: links instead of files, in multipart, too', async () => {
  await localMailgun.receive(mail, { form: 'store' });
  const [post] = receiver.posts;
  expect(post!.url).toBe('/webhooks/mailgun/inbound');
  expect(post!.headers['content-type']).toMatch(/^multipart\/form-data/);
  const read = await readPost(post!);
  expect(read.files).toEqual([]);
  const names = read.fields.map(([name]) => name);
  expect(names.slice(names.indexOf('stripped-html') + 1)).toEqual([
    ...['domain', 'message-url', 'attachments', 'content-id-map', 'timestamp', 'token', 'signature'],
  ]);
  const [messageUrl] = valuesOf(read, 'message-url');
  expect(valuesOf(read, 'domain')).toEqual(['in.acme.test']);
  expect(messageUrl).toMatch(
    new RegExp(`^${localMailgun.url}/v3/domains/in\\.acme\\.test/messages/[\\w-]+$`),
  );
  expect(JSON.parse(valuesOf(read, 'attachments')[0]!)).toEqual([
    { url: `${messageUrl}/attachments/0`, 'content-type': 'image/png', name: 'logo.png', size: 5 },
    {
      url: `${messageUrl}/attachments/1`,
      'content-type': 'application/pdf',
      name: 'Rechnung Größe "1".pdf',
      size: 4,
    },
  ]);
  expect(JSON.parse(valuesOf(read, 'content-id-map')[0]!)).toEqual({
    '<logo@client>': `${messageUrl}/attachments/0`,
  });
  expect(proved((name) => valuesOf(read, name))).toBe(true);

  await localMailgun.receive(plain, { form: 'store' });
  expect(receiver.posts[1]!.headers['content-type']).toBe('application/x-www-form-urlencoded');
});

test.each(['windows-1251', 'gb18030', 'iso-2022-jp', 'wrong-charset', 'filenames-odd', 'no-headers'])(
  'mime: every byte of %s, under Mailgun’s headers',
  async (name) => {
    await localMailgun.receive(
      { eml: fixture(name) },
      { form: 'mime', recipients: ['s@in.acme.test'], sender: 'b@client.test' },
    );
    const [post] = receiver.posts;
    expect(post!.url).toBe('/webhooks/mailgun/inbound/mime');
    expect(post!.headers['content-type']).toBe('application/x-www-form-urlencoded');
    expect(post!.headers['content-length']).toBe(String(post!.raw.length));
    const read = await readPost(post!);
    const names = read.fields.map(([field]) => field);
    expect(names.slice(0, 2)).toEqual(['recipient', 'sender']);
    expect(names.slice(-5)).toEqual(['message-headers', 'timestamp', 'token', 'signature', 'body-mime']);
    for (const absent of ['body-plain', 'body-html', 'stripped-text', 'attachment-count'])
      expect(names).not.toContain(absent);
    const mime = rawField(post!, 'body-mime');
    const added = mime.subarray(0, mime.length - fixture(name).length).toString();
    expect(mime.subarray(-fixture(name).length).equals(fixture(name))).toBe(true);
    expect(added).toMatch(
      /^X-Mailgun-Dkim-Check-Result: Pass\r\n[^]*X-Envelope-From: b@client\.test\r\nReceived: [^\r]+\r\n$/,
    );
    expect(proved((field) => valuesOf(read, field))).toBe(true);
  },
);

test('one post for each recipient: all in To and Cc, or those of the given envelope', async () => {
  const to = {
    ...plain,
    to: ['Ann <a@in.acme.test>', 'b@in.acme.test'],
    cc: ['A <a@in.acme.test>', 'c@in.acme.test'],
  };
  await localMailgun.receive(to);
  const reads = await Promise.all(receiver.posts.map(readPost));
  expect(reads.flatMap((read) => valuesOf(read, 'recipient')).sort()).toEqual([
    ...['a@in.acme.test', 'b@in.acme.test', 'c@in.acme.test'],
  ]);
  expect(new Set(reads.flatMap((read) => valuesOf(read, 'token'))).size).toBe(3);
  expect(new Set(reads.flatMap((read) => valuesOf(read, 'Message-Id'))).size).toBe(1);

  receiver.posts.length = 0;
  await localMailgun.receive(to, { recipients: ['x@in.acme.test', 'y@in.acme.test'], commaList: true });
  expect(receiver.posts).toHaveLength(1);
  expect(valuesOf(await readPost(receiver.posts[0]!), 'recipient')).toEqual([
    'x@in.acme.test,y@in.acme.test',
  ]);
});

test('verdicts of the spam filter are as given, or omitted', async () => {
  await localMailgun.receive(plain, { spf: 'Fail', dkim: null, spamFlag: 'Yes', spamScore: '9.1' });
  const read = await readPost(receiver.posts[0]!);
  expect(valuesOf(read, 'X-Mailgun-Spf')).toEqual(['Fail']);
  expect(valuesOf(read, 'X-Mailgun-Sflag')).toEqual(['Yes']);
  expect(valuesOf(read, 'X-Mailgun-Sscore')).toEqual(['9.1']);
  expect(valuesOf(read, 'X-Mailgun-Dkim-Check-Result')).toEqual([]);
  expect(valuesOf(read, 'message-headers')[0]).not.toContain('Dkim');
});

test('a mail without a recipient is refused', async () => {
  await expect(localMailgun.receive({ eml: fixture('no-to') })).rejects.toThrow('no recipient');
  expect(receiver.posts).toEqual([]);
});
