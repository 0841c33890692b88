import { readFile } from 'node:fs/promises';
import PostalMime from 'postal-mime';
import { API_KEY, localMailgunFor, startReceiver } from '../receiver.ts';
import { clientOf, DOMAIN, errorOf, mimeOf, mimeSend } from './client.ts';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let localMailgun: Awaited<ReturnType<typeof localMailgunFor>>;
let client: ReturnType<typeof clientOf>;
beforeAll(async () => {
  receiver = await startReceiver();
  localMailgun = await localMailgunFor(receiver);
  client = clientOf(localMailgun);
});
afterAll(async () => {
  await localMailgun.close();
  await receiver.close();
});

const delivered = (messageId: string) => localMailgun.outbox.filter((mail) => mail.messageId === messageId);
const lines = async (messageId: string) =>
  (await readFile(delivered(messageId)[0]!.emlFile, 'latin1')).split('\r\n');
const parsed = async (messageId: string) =>
  PostalMime.parse(await readFile(delivered(messageId)[0]!.emlFile));

describe('messages.mime', () => {
  test('goes out unchanged, below the headers that Mailgun adds, to each recipient', async () => {
    const message = mimeOf({ messageId: '<kept@postroom.test>' });
    const send = mimeSend(['dana@client.test', 'Ops <ops@client.test>', 'DANA@client.test'], message, {
      'o:tag': ['reply', 'ticket'],
      'v:message_id': 'm-1',
      'o:tracking': 'no',
    });
    expect(await client.messages.create(DOMAIN, send)).toEqual({
      status: 200,
      id: '<kept@postroom.test>',
      message: 'Queued. Thank you.',
    });
    expect(localMailgun.sends.at(-1)).toEqual({
      at: expect.any(String),
      path: 'messages.mime',
      domain: DOMAIN,
      messageId: '<kept@postroom.test>',
      recipients: ['DANA@client.test', 'ops@client.test'],
      subject: 'Re: Order 1042',
      accepted: true,
      answer: 200,
      message: 'Queued. Thank you.',
      fault: null,
      options: { 'o:tag': ['reply', 'ticket'], 'o:tracking': ['no'] },
      variables: { message_id: 'm-1' },
    });
    expect(
      delivered('<kept@postroom.test>')
        .map((mail) => mail.recipient)
        .toSorted(),
    ).toEqual(['DANA@client.test', 'ops@client.test']);
    const raw = await readFile(delivered('<kept@postroom.test>')[0]!.emlFile);
    expect(raw.subarray(-message.length).equals(message)).toBe(true);
    const added = raw.subarray(0, -message.length).toString();
    expect(added).toMatch(/^Received: by .*\r\n .*\r\nX-Mailgun-Sending-Ip: /);
    expect(added).toContain('X-Mailgun-Tag: reply\r\nX-Mailgun-Tag: ticket\r\n');
    expect(added).toContain('X-Mailgun-Variables: {"message_id":"m-1"}\r\n');
  });

  test('o:suppress-headers removes headers that recipients need not see', async () => {
    const message = mimeOf({ messageId: '<suppressed@postroom.test>' });
    const more = {
      'v:secret': 'x',
      'o:tag': 'reply',
      'o:suppress-headers': 'X-Mailgun-Variables, x-mailgun-tag',
    };
    await client.messages.create(DOMAIN, mimeSend('dana@client.test', message, more));
    const names = (await lines('<suppressed@postroom.test>')).map((line) => line.split(':')[0]);
    expect(names).toContain('X-Mailgun-Sid');
    expect(names).not.toContain('X-Mailgun-Variables');
    expect(names).not.toContain('X-Mailgun-Tag');
  });

  test.each([
    ['<no-domain>', 'Message-ID: <no-domain>\r\n'],
    ['folded', 'Message-ID:\r\n <a b@postroom.test>\r\n'],
    ['none', ''],
  ])('a Message-Id of another shape is replaced: %s', async (_, line) => {
    const message = mimeOf()
      .toString()
      .replace(/^Message-ID: .*\r\n/m, line);
    const { id } = await client.messages.create(DOMAIN, mimeSend('dana@client.test', Buffer.from(message)));
    expect(id).toMatch(/^<\d{14}\.1\.[0-9A-F]{16}@postroom\.test>$/);
    const raw = await lines(id!);
    expect(raw.filter((one) => /^message-id:/i.test(one))).toEqual([`Message-Id: ${id}`]);
    expect(raw.slice(raw.indexOf(''))).toEqual(['', 'It is on its way.', '']);
    expect(raw.join('\r\n')).not.toMatch(/no-domain|a b@/);
  });

  test('the same Message-Id again is accepted again', async () => {
    const message = mimeOf({ messageId: '<twice@postroom.test>' });
    for (let n = 0; n < 2; n += 1)
      expect(await client.messages.create(DOMAIN, mimeSend('dana@client.test', message))).toMatchObject({
        id: '<twice@postroom.test>',
      });
    expect(delivered('<twice@postroom.test>')).toHaveLength(2);
    expect(
      localMailgun.sends.filter((call) => call.messageId === '<twice@postroom.test>' && call.accepted),
    ).toHaveLength(2);
  });

  test('25 MB', async () => {
    const message = mimeOf({
      messageId: '<big@postroom.test>',
      text: `${'x'.repeat(998)}\r\n`.repeat(26_000),
    });
    await client.messages.create(DOMAIN, mimeSend('dana@client.test', message));
    const raw = await readFile(delivered('<big@postroom.test>')[0]!.emlFile);
    expect(raw.subarray(-message.length).equals(message)).toBe(true);
  });

  test('o:testmode: accepted, and not delivered', async () => {
    const message = mimeOf({ messageId: '<test@postroom.test>' });
    await client.messages.create(DOMAIN, mimeSend('dana@client.test', message, { 'o:testmode': 'yes' }));
    expect(localMailgun.sends.at(-1)).toMatchObject({ messageId: '<test@postroom.test>', accepted: true });
    expect(delivered('<test@postroom.test>')).toEqual([]);
  });
});

describe('messages', () => {
  test('becomes a mail: bodies, files, inline images, headers', async () => {
    const { id } = await client.messages.create(DOMAIN, {
      from: 'Größe & Söhne <support@postroom.test>',
      to: ['Dana <dana@client.test>', 'eve@client.test'],
      cc: 'ops@client.test',
      bcc: 'boss@client.test',
      subject: 'Größe 🎉',
      text: 'Hello',
      html: '<p>Hello <img src="cid:logo.png"></p>',
      attachment: [{ filename: 'Rechnung Größe.pdf', data: Buffer.from('pdf') }],
      inline: [{ filename: 'logo.png', data: Buffer.from([1, 2, 3]) }],
      'h:Message-Id': '<mine@postroom.test>',
      'h:In-Reply-To': '<parent@client.test>',
      'h:References': '<root@client.test> <parent@client.test>',
      'h:Reply-To': 'answers@postroom.test',
    });
    expect(id).toBe('<mine@postroom.test>');
    expect(delivered(id!).map((mail) => mail.recipient)).toHaveLength(4);
    const mail = await parsed(id!);
    expect(mail).toMatchObject({
      from: { name: 'Größe & Söhne', address: 'support@postroom.test' },
      to: [{ address: 'dana@client.test' }, { address: 'eve@client.test' }],
      cc: [{ address: 'ops@client.test' }],
      replyTo: [{ address: 'answers@postroom.test' }],
      subject: 'Größe 🎉',
      messageId: '<mine@postroom.test>',
      inReplyTo: '<parent@client.test>',
      references: '<root@client.test> <parent@client.test>',
    });
    expect(mail.text).toContain('Hello');
    expect(mail.html).toContain('cid:logo.png');
    expect(
      mail.attachments.map(({ filename, contentId, mimeType, disposition }) => ({
        filename,
        contentId,
        mimeType,
        disposition,
      })),
    ).toEqual(
      expect.arrayContaining([
        {
          filename: 'Rechnung Größe.pdf',
          contentId: undefined,
          mimeType: 'application/pdf',
          disposition: 'attachment',
        },
        { filename: 'logo.png', contentId: '<logo.png>', mimeType: 'image/png', disposition: 'inline' },
      ]),
    );
    expect((await readFile(delivered(id!)[0]!.emlFile, 'latin1')).toLowerCase()).not.toContain(
      'boss@client.test',
    );
  });

  test('a new Message-Id when its own is malformed', async () => {
    const mail = {
      from: 'a@postroom.test',
      to: 'dana@client.test',
      text: 'x',
      'h:Message-Id': 'without-brackets@x',
    };
    const { id } = await client.messages.create(DOMAIN, mail);
    expect(id).toMatch(/^<\d{14}\.1\.[0-9A-F]{16}@postroom\.test>$/);
    expect((await parsed(id!)).messageId).toBe(id);
  });

  test('urlencoded, too', async () => {
    const response = await fetch(`${localMailgun.url}/v3/${DOMAIN}/messages`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`api:${API_KEY}`).toString('base64')}` },
      body: new URLSearchParams({
        from: 'a@postroom.test',
        to: 'dana@client.test',
        subject: 'Größe',
        text: 'é',
      }),
    });
    const { id } = (await response.json()) as { id: string };
    expect(await parsed(id)).toMatchObject({ subject: 'Größe', text: 'é' });
  });
});

describe('what Mailgun refuses', () => {
  const good = { from: 'a@postroom.test', to: 'dana@client.test', text: 'x' };
  test.each([
    ['from parameter is missing', { from: '' }],
    ['from parameter is not a valid address. please check documentation', { from: 'nobody' }],
    ['to parameter is missing', { to: undefined }],
    ['to parameter is not a valid address. please check documentation', { to: 'dana' }],
    ['cc parameter is not a valid address. please check documentation', { cc: 'ops@' }],
    ['bcc parameter is not a valid address. please check documentation', { bcc: 'ops@client..test' }],
    [
      "Need at least one of 'text', 'html', 'amp-html' or 'template' parameters specified",
      { text: undefined },
    ],
    ['Too many recipients, max is 1000', { to: Array.from({ length: 1001 }, (_, n) => `u${n}@client.test`) }],
    ["'recipient-variables' parameter is not a valid JSON", { 'recipient-variables': '{' }],
    ['Header name must be pure ASCII: Größe', { 'h:Größe': 'x' }],
    [
      'Send options (parameters starting with o:, h:, v:, or t:) are limited to 16KB total',
      { 'v:big': 'x'.repeat(16 * 1024) },
    ],
  ])('%s', async (text, wrong) => {
    const send = { ...good, ...wrong } as Parameters<typeof client.messages.create>[1];
    const error = await errorOf(client.messages.create(DOMAIN, send));
    expect(error).toMatchObject({ type: 'MailgunAPIError', status: 400, details: text });
    expect(localMailgun.sends.at(-1)).toMatchObject({ accepted: false, answer: 400, message: text });
  });

  test.each([
    ['to parameter is missing', mimeSend('', mimeOf())],
    ['to parameter is not a valid address. please check documentation', mimeSend('dana', mimeOf())],
    ['from parameter is missing', mimeSend('dana@client.test', Buffer.from('Subject: x\r\n\r\ny'))],
  ])('mime: %s', async (text, data) => {
    expect(await errorOf(client.messages.create(DOMAIN, data))).toMatchObject({ status: 400, details: text });
  });

  test('a wrong key: 401 in plain text', async () => {
    const wrong = clientOf(localMailgun, { key: 'wrong' });
    const error = await errorOf(wrong.messages.create(DOMAIN, mimeSend('dana@client.test', mimeOf())));
    expect(error).toMatchObject({ status: 401, message: 'Unauthorized', details: 'Forbidden' });
  });

  test('over 52.4 MiB: 413, and the client can read the answer', async () => {
    const form = new FormData();
    form.set('to', 'dana@client.test');
    form.set('message', new Blob([mimeOf(), Buffer.alloc(55 * 1024 * 1024, 'x')]), 'message');
    const response = await fetch(`${localMailgun.url}/v3/${DOMAIN}/messages.mime`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`api:${API_KEY}`).toString('base64')}` },
      body: form,
    });
    expect([response.status, await response.json()]).toEqual([
      413,
      { message: 'request size exceeds 52.4MiB limit' },
    ]);
  });

  test('a wrong URL: 200, and Mailgun Magnificent API', async () => {
    const error = await errorOf(
      client.messages.create('postroom.test/x', mimeSend('dana@client.test', mimeOf())),
    );
    expect(error).toMatchObject({ message: 'Incorrect url', details: 'Mailgun Magnificent API' });
  });
});
