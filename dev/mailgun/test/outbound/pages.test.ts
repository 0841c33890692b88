import http from 'node:http';
import { readFile } from 'node:fs/promises';
import { readPost, localMailgunFor, startReceiver, valuesOf } from '../receiver.ts';
import { clientOf, DOMAIN, mimeOf, mimeSend } from './client.ts';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let localMailgun: Awaited<ReturnType<typeof localMailgunFor>>;
let client: ReturnType<typeof clientOf>;
beforeAll(async () => {
  receiver = await startReceiver();
  localMailgun = await localMailgunFor(receiver, { retrySpeed: 1 });
  client = clientOf(localMailgun);
});
beforeEach(() => {
  receiver.posts.length = 0;
  receiver.answer = () => 200;
});
afterAll(async () => {
  await localMailgun.close();
  await receiver.close();
});

const page = async (path: string) => {
  const response = await fetch(`${localMailgun.url}${path}`);
  return { status: response.status, headers: response.headers, text: await response.text() };
};
const IMAGE = Buffer.from([1, 2, 3]);
/** Sends a mail in parts. @returns the outbox entry of its first recipient */
async function deliver(data: Record<string, unknown>) {
  const mail = {
    from: 'Acme <support@postroom.test>',
    to: 'Dana <dana@client.test>',
    text: 'Hello',
    ...data,
  };
  const { id } = await client.messages.create(DOMAIN, mail);
  return localMailgun.outbox.find((entry) => entry.messageId === id)!;
}
const HOSTILE = `"><script>alert(1)</script>'&`;

test('outbox.json: newest first, one entry for each recipient, with the raw mail', async () => {
  await deliver({ subject: 'First' });
  await deliver({ subject: 'Größe 🎉', to: 'a@client.test, b@client.test' });
  const list = JSON.parse((await page('/sandbox/outbox.json')).text) as Record<string, string>[];
  const [one, two, three] = list;
  expect(new Set([one!.recipient, two!.recipient])).toEqual(new Set(['a@client.test', 'b@client.test']));
  expect([one!.subject, two!.subject, three!.subject]).toEqual(['Größe 🎉', 'Größe 🎉', 'First']);
  expect(one).toEqual({
    id: expect.stringMatching(/^[\w-]{22}$/),
    recipient: expect.any(String),
    raw_url: `${localMailgun.url}/sandbox/outbox/${one!.id}/raw`,
    message_id: expect.stringMatching(/^<.+@postroom\.test>$/),
    subject: 'Größe 🎉',
    at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
  });
  const raw = await fetch(one!.raw_url!);
  expect(raw.headers.get('content-type')).toBe('message/rfc822');
  const { emlFile } = localMailgun.outbox.find(({ id }) => id === one!.id)!;
  expect(Buffer.from(await raw.arrayBuffer()).equals(await readFile(emlFile))).toBe(true);
});

test('the list: escaped, searched, in pages', async () => {
  const entry = await deliver({ subject: `${HOSTILE} needle` });
  const { text, headers } = await page('/sandbox/outbox');
  expect(text).toContain('&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp; needle');
  expect(text).not.toContain('<script');
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
  const found = await page('/sandbox/outbox?q=NEEDLE');
  expect(found.text.match(/<li>/g)).toHaveLength(1);
  expect(found.text).toContain(`/sandbox/outbox/${entry.id}`);
  expect((await page(`/sandbox/outbox?q=${encodeURIComponent(HOSTILE)}x`)).text).not.toContain('<script');

  const many = Array.from({ length: 60 }, (_, n) => `many${n}@client.test`);
  await deliver({ to: many, subject: 'Many' });
  const first = await page('/sandbox/outbox?q=Many');
  const second = await page('/sandbox/outbox?q=Many&page=2');
  expect([first.text.match(/<li>/g)!.length, second.text.match(/<li>/g)!.length]).toEqual([50, 10]);
  expect([first.text.includes('Older'), second.text.includes('Older')]).toEqual([true, false]);
});

describe('a mail', () => {
  test('headers, text, files; everything escaped', async () => {
    const entry = await deliver({
      subject: HOSTILE,
      from: `"${HOSTILE.replace('"', '')}" <support@postroom.test>`,
      text: HOSTILE,
      attachment: [{ filename: 'Rechnung <b>請求.pdf', data: Buffer.from('pdf') }],
    });
    const { text } = await page(`/sandbox/outbox/${entry.id}`);
    expect(text).not.toMatch(/<script|<b>/);
    expect(text).toContain('<pre>&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;&#39;&amp;');
    expect(text).toContain('Rechnung &lt;b&gt;請求.pdf');
    expect(text).toContain('support@postroom.test');
    expect(text).toMatch(/From: .*&gt;&lt;script/);

    const file = await fetch(`${localMailgun.url}/sandbox/outbox/${entry.id}/attachments/0`);
    expect(file.headers.get('content-disposition')).toMatch(/^attachment; .*filename\*=UTF-8''Rechnung/);
    expect([file.headers.get('content-type'), await file.text()]).toEqual(['application/pdf', 'pdf']);
    const source = await page(`/sandbox/outbox/${entry.id}/raw?as=text`);
    expect(source.headers.get('content-type')).toBe('text/plain; charset=utf-8');
    expect(source.headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('its HTML in a sandboxed frame, with inline images and no external resources', async () => {
    const markup = '<p onclick="x()">Hi <img src="cid:logo%2Epng"></p><script>alert(1)</script>';
    const entry = await deliver({ html: markup, inline: [{ filename: 'logo.png', data: IMAGE }] });
    const { text } = await page(`/sandbox/outbox/${entry.id}`);
    expect(text).toMatch(/<iframe\s+sandbox="allow-popups allow-popups-to-escape-sandbox"/);
    expect(text).not.toContain('onclick');
    const frame = await page(`/sandbox/outbox/${entry.id}/html`);
    expect(frame.text).toContain(`<img src="data:image/png;base64,${IMAGE.toString('base64')}">`);
    const policy = frame.headers.get('content-security-policy')!;
    expect(policy).toMatch(
      /^sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; img-src data:;/,
    );
    expect(policy).not.toMatch(/script|unsafe-eval|allow-same-origin/);
  });

  test('that cannot be parsed: only its source', async () => {
    const deep = Array.from(
      { length: 300 },
      (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
    );
    const message = Buffer.from(
      `From: a@postroom.test\r\nMessage-Id: <deep@postroom.test>\r\n${deep.join('')}`,
    );
    await client.messages.create(DOMAIN, mimeSend('dana@client.test', message));
    const entry = localMailgun.outbox.find(({ messageId }) => messageId === '<deep@postroom.test>')!;
    const { status, text } = await page(`/sandbox/outbox/${entry.id}`);
    expect([status, text.includes('cannot be displayed')]).toEqual([200, true]);
    expect((await page(`/sandbox/outbox/${entry.id}/raw`)).text.endsWith(message.toString())).toBe(true);
  });

  test('that does not exist: 404', async () => {
    const { id } = await deliver({});
    for (const path of [
      'nothing',
      'nothing/raw',
      'nothing/html',
      `${id}/html`,
      `${id}/attachments/0`,
      `${id}/attachments/x`,
    ])
      expect([path, (await page(`/sandbox/outbox/${path}`)).status]).toEqual([path, 404]);
  });
});

describe('an answer from the page', () => {
  const answer = (id: string, form: FormData, origin = localMailgun.url) =>
    fetch(`${localMailgun.url}/sandbox/outbox/${id}/answer`, {
      method: 'POST',
      headers: { origin },
      body: form,
      redirect: 'manual',
    });
  const form = (text: string, ...files: File[]) => {
    const data = new FormData();
    data.set('text', text);
    for (const file of files) data.append('file', file);
    return data;
  };
  const inbound = async () =>
    readPost(receiver.posts.filter((post) => post.url === '/webhooks/mailgun/inbound').at(-1)!);

  test('goes out as a reply mail, through the inbound route', async () => {
    const entry = await deliver({
      to: '"Ruiz, Dana" <Dana@client.test>',
      subject: 'Order 1042',
      text: 'It is on its way.\n\n-- \nAcme',
      'h:Reply-To': 'Answers <answers@postroom.test>',
      'h:References': '<root@client.test> <parent@client.test>',
    });
    const done = await answer(
      entry.id,
      form('Thanks,\r\ngot it', new File(['abc'], 'Größe.txt', { type: 'text/plain' })),
    );
    expect([done.status, done.headers.get('location')]).toEqual([
      303,
      `/sandbox/outbox/${entry.id}?answered=accepted`,
    ]);
    const read = await inbound();
    expect(Object.fromEntries(read.fields)).toMatchObject({
      recipient: 'answers@postroom.test',
      sender: 'Dana@client.test',
      From: '"Ruiz, Dana" <Dana@client.test>',
      To: 'Answers <answers@postroom.test>',
      Subject: 'Re: Order 1042',
      'In-Reply-To': entry.messageId,
      References: `<root@client.test> <parent@client.test> ${entry.messageId}`,
      'stripped-text': 'Thanks,\ngot it',
    });
    expect(valuesOf(read, 'body-plain')[0]).toMatch(
      /^Thanks,\r\ngot it\r\n\r\nOn .+, Acme <support@postroom\.test> wrote:\r\n> It is on its way\.\r\n>\r\n> --/,
    );
    expect(read.files).toMatchObject([
      { filename: 'Größe.txt', contentType: 'text/plain', bytes: Buffer.from('abc') },
    ]);
    expect((await page(done.headers.get('location')!)).text).toContain('the application has accepted it');
  });

  test('to From without a Reply-To; Re: only once; without a name when the mail has none', async () => {
    const entry = await deliver({ to: 'x@client.test', bcc: 'dana@client.test', subject: 'RE: Order' });
    const bcc = localMailgun.outbox.find(
      (one) => one.messageId === entry.messageId && one.recipient === 'dana@client.test',
    )!;
    await answer(bcc.id, form('ok'));
    expect(Object.fromEntries((await inbound()).fields)).toMatchObject({
      recipient: 'support@postroom.test',
      From: 'dana@client.test',
      To: 'Acme <support@postroom.test>',
      Subject: 'RE: Order',
      References: entry.messageId,
    });
  });

  test('that the application does not accept: the page says so', async () => {
    const { id } = await deliver({});
    receiver.answer = () => 503;
    expect((await answer(id, form('ok'))).headers.get('location')).toBe(
      `/sandbox/outbox/${id}?answered=retrying`,
    );
    receiver.answer = () => 406;
    expect((await answer(id, form('ok'))).headers.get('location')).toBe(
      `/sandbox/outbox/${id}?answered=rejected`,
    );
  });

  test('from another origin: 403; empty: 422; too large: 422; to no mail: 404', async () => {
    const { id } = await deliver({});
    receiver.posts.length = 0;
    for (const origin of ['https://evil.test', 'null', ''])
      expect((await answer(id, form('x'), origin)).status).toBe(403);
    expect((await answer(id, form('  '))).status).toBe(422);
    expect((await answer(id, form('x', new File([Buffer.alloc(25 * 1024 * 1024 + 1)], 'big')))).status).toBe(
      422,
    );
    expect((await answer('nothing', form('x'))).status).toBe(404);
    expect(receiver.posts.filter((post) => post.url === '/webhooks/mailgun/inbound')).toEqual([]);
  });
});

test.each(['evil.test', 'localhost.evil.test', '127.0.0.1.evil.test'])(
  'under the name %s nothing is shown',
  async (host) => {
    for (const path of ['/sandbox/outbox', '/sandbox/outbox.json']) {
      const status = await new Promise((resolve, reject) => {
        http
          .get(
            `${localMailgun.url}${path}`,
            { headers: { host: `${host}:${localMailgun.port}` } },
            (response) => {
              response.resume();
              resolve(response.statusCode);
            },
          )
          .on('error', reject);
      });
      expect([path, status]).toEqual([path, 403]);
    }
  },
);

test('under localhost it is', async () => {
  const { status } = await fetch(`http://localhost:${localMailgun.port}/sandbox/outbox.json`);
  expect(status).toBe(200);
});

test('mimeOf mails are shown as text', async () => {
  await client.messages.create(
    DOMAIN,
    mimeSend('dana@client.test', mimeOf({ messageId: '<text@postroom.test>' })),
  );
  const entry = localMailgun.outbox.find(({ messageId }) => messageId === '<text@postroom.test>')!;
  expect((await page(`/sandbox/outbox/${entry.id}`)).text).toContain('<pre>It is on its way.');
});
