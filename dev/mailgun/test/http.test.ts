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
beforeEach(() => {
  receiver.posts.length = 0;
});

async function call(path: string, body: unknown, type = 'application/json') {
  const response = await fetch(`${localMailgun.url}${path}`, {
    method: 'POST',
    headers: { 'content-type': type },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, body: text ? (JSON.parse(text) as Record<string, unknown>) : null };
}

test('receive: every field of a mail', async () => {
  const answer = await call('/sandbox/receive', {
    to: ['support@postroom.test'],
    cc: 'Bob <bob@client.test>',
    from: 'Ann <ann@client.test>',
    reply_to: 'ann+reply@client.test',
    subject: 'Hello',
    text: 'Hi',
    html: '<p>Hi</p>',
    headers: [
      ['Received', 'a'],
      ['Received', 'b'],
      ['Delivered-To', 'fwd@in.postroom.test'],
    ],
    attachments: [
      { filename: 'a.txt', content_type: 'text/plain', base64: Buffer.from('abc').toString('base64') },
    ],
    in_reply_to: '<parent@postroom.test>',
    references: ['<root@postroom.test>', '<parent@postroom.test>'],
    message_id: '<mine@client.test>',
    date: '2026-11-23T10:00:00Z',
    recipients: ['fwd@in.postroom.test'],
    sender: 'bounce@client.test',
  });
  expect(answer.status).toBe(200);
  expect(answer.body).toMatchObject({
    message_id: '<mine@client.test>',
    deliveries: [
      { recipient: 'fwd@in.postroom.test', outcome: 'accepted', tries: [{ try: 1, status: 200 }] },
    ],
  });
  const read = await readPost(receiver.posts[0]!);
  expect(Object.fromEntries(read.fields)).toMatchObject({
    recipient: 'fwd@in.postroom.test',
    sender: 'bounce@client.test',
    From: 'Ann <ann@client.test>',
    To: 'support@postroom.test',
    Cc: 'Bob <bob@client.test>',
    'Reply-To': 'ann+reply@client.test',
    'Message-Id': '<mine@client.test>',
    'In-Reply-To': '<parent@postroom.test>',
    References: '<root@postroom.test> <parent@postroom.test>',
    Date: 'Mon, 23 Nov 2026 10:00:00 +0000',
    'Delivered-To': 'fwd@in.postroom.test',
    'body-html': '<p>Hi</p>',
  });
  expect(valuesOf(read, 'Received').slice(1)).toEqual(['a', 'b']);
  expect(read.files).toMatchObject([{ filename: 'a.txt', bytes: Buffer.from('abc') }]);
});

test('receive: a raw mail', async () => {
  const eml = fixture('iso-2022-jp').toString('base64');
  const { status, body } = await call('/sandbox/receive', { eml, form: 'mime' });
  expect([status, body!.message_id]).toEqual([200, '<iso-2022-jp@mail.client.test>']);
  expect(receiver.posts[0]!.url).toBe('/webhooks/mailgun/inbound/mime');
});

test.each([
  [{ from: 1 }, 'from'],
  [{ to: ['a@x.test', 2] }, 'to'],
  [{ to: 'a@x.test', form: 'carrier pigeon' }, 'form'],
  [{ to: 'a@x.test', attachments: [{ filename: 'a', base64: '***' }] }, 'attachments.0.base64'],
  [{ to: 'a@x.test', headers: [['X-A', 'b\r\nBcc: c']] }, 'headers.0.1'],
  [{ to: 'a@x.test', form_of_words: 1 }, 'form_of_words'],
  [{ to: 'a@x.test', eml: 'YQ==' }, 'to'],
  [{ from: 'a@x.test' }, 'recipients'],
  [{ to: 'a@x.test', date: 'yesterday' }, 'date'],
])('receive: %j is refused at %s', async (request, field) => {
  const { status, body } = await call('/sandbox/receive', request);
  expect([status, (body!.errors as { field: string }[])[0]!.field]).toEqual([422, field]);
  expect(receiver.posts).toEqual([]);
});

test('faults, and their refusal', async () => {
  expect(await call('/sandbox/faults', { posts: { double: true, times: 1 } })).toEqual({
    status: 204,
    body: null,
  });
  await call('/sandbox/receive', { from: 'a@x.test', to: 's@postroom.test', text: 'x' });
  expect(receiver.posts).toHaveLength(2);
  for (const [faults, field] of [
    [{ attachments: { answer: 418 } }, 'attachments.answer'],
    [{ posts: { reorder: 1 } }, 'posts.reorder'],
    [{ post: {} }, 'post'],
  ] as const) {
    const { status, body } = await call('/sandbox/faults', faults);
    expect([status, (body!.errors as { field: string }[])[0]!.field]).toEqual([422, field]);
  }
});

test('posts: the log', async () => {
  await call('/sandbox/receive', { from: 'a@x.test', to: 'log@postroom.test', text: 'x' });
  const log = (await (await fetch(`${localMailgun.url}/sandbox/posts`)).json()) as { data: object[] };
  expect(log.data.at(-1)).toMatchObject({
    recipient: 'log@postroom.test',
    form: 'forward',
    try: 1,
    status: 200,
  });
});

test('not JSON: 400; not called JSON: 415; over 60 MiB: 413; unknown path: 404', async () => {
  expect((await call('/sandbox/receive', '{"to":')).status).toBe(400);
  expect((await call('/sandbox/receive', 'to=x', 'text/plain')).status).toBe(415);
  expect((await call('/sandbox/receive', 'x'.repeat(60 * 1024 * 1024 + 1))).status).toBe(413);
  expect((await fetch(`${localMailgun.url}/elsewhere`)).status).toBe(404);
});

test('25 MB and 40 attachments over HTTP', async () => {
  const big = Buffer.alloc(26_214_400, 'Postroom');
  const attachments = [big, ...Array.from({ length: 39 }, (_, n) => Buffer.from(`file ${n}`))].map(
    (content, n) => ({
      filename: `${n}.bin`,
      base64: content.toString('base64'),
    }),
  );
  const { status } = await call('/sandbox/receive', { from: 'a@x.test', to: 's@postroom.test', attachments });
  expect(status).toBe(200);
  const { files } = await readPost(receiver.posts[0]!);
  expect(files.map((file) => file.field)).toEqual(
    Array.from({ length: 40 }, (_, n) => `attachment-${n + 1}`),
  );
  expect(files[0]!.bytes.equals(big)).toBe(true);
  expect(files[39]!.bytes.toString()).toBe('file 38');
});
