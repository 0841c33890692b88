import { randomUUID } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import http from 'node:http';
import { caps } from '../../src/mail/caps.ts';
import type { AttachmentRow } from '../../src/infra/models/index.ts';
import { until } from '../support/until.ts';
import { answerOf, faultsOf, type Body } from './answers.ts';
import { askedTicket, createWorld, seedEmails, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

const attachmentsUrl = () => `${world.url}/api/v1/workspaces/acme/attachments`;
const raw = (query: string, body: string | Uint8Array, headers: Record<string, string> = {}) =>
  fetch(`${attachmentsUrl()}${query}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${world.tokens.max}`, 'content-type': 'text/plain', ...headers },
    body,
  });
const form = (
  parts: [name: string, value: string | Blob, filename?: string][],
  more: Record<string, string> = {},
) => {
  const body = new FormData();
  for (const [name, value, filename] of parts)
    if (typeof value === 'string') body.append(name, value);
    else body.append(name, value, filename);
  const headers = { authorization: `Bearer ${world.tokens.max}`, ...more };
  return fetch(attachmentsUrl(), { method: 'POST', headers, body });
};
const file = (text: string, type = 'text/plain') => new Blob([text], { type });
const uploaded = async (text = 'hello', query = '?filename=a.txt'): Promise<Body> =>
  (await answerOf(raw(query, text))).body;
const download = (url: string, token = world.tokens.max) =>
  fetch(url, { headers: { authorization: `Bearer ${token}` } });
const row = (id: string) => world.models.Attachment.findById(id).orFail().lean<AttachmentRow>();
/** Files in the store that an upload may have left. */
const kept = async ({ storage }: World = world) => {
  const keys: string[] = [];
  for await (const key of storage.list('attachments/')) keys.push(key);
  return { objects: keys.length, spooled: (await readdir(storage.spoolDir)).length };
};

test('a file of a form', async () => {
  const { status, body } = await answerOf(
    form([['file', file('Größe', 'text/csv; charset=utf-8'), 'Größe 日本.csv']]),
  );
  expect(status).toBe(201);
  expect(body).toEqual({
    id: expect.any(String),
    filename: 'Größe 日本.csv',
    content_type: 'text/csv',
    size: 7,
    inline: false,
    content_id: `${body.id}@postroom.test`,
    state: 'stored',
    reason: null,
    url: `${attachmentsUrl()}/${body.id}`,
  });
  expect(await (await download(body.url)).text()).toBe('Größe');
  expect(await row(body.id)).toMatchObject({ audience: 'owner:max', message_id: '', workspace_id: 'acme' });
});

test('a raw body', async () => {
  const bytes = new Uint8Array([0, 13, 10, 255, 26]);
  const { status, body } = await answerOf(
    raw('?filename=Bild%201.png&content_id=logo@acme', bytes, { 'content-type': 'image/png' }),
  );
  expect([status, body]).toMatchObject([
    201,
    { filename: 'Bild 1.png', content_type: 'image/png', size: 5, content_id: 'logo@acme' },
  ]);
  expect(new Uint8Array(await (await download(body.url)).arrayBuffer())).toEqual(bytes);
  const empty = await answerOf(raw('', '', { 'content-type': 'application/pdf' }));
  expect([empty.status, empty.body]).toMatchObject([201, { filename: 'unnamed.pdf', size: 0 }]);
});

test.each([
  ['../../etc/passwd', 'passwd'],
  ['C:\\temp\\a.txt', 'a.txt'],
  ['a\u202Efdp.exe', 'afdp.exe'],
  ['..', 'unnamed.txt'],
  ['x'.repeat(300) + '.pdf', 'x'.repeat(251) + '.pdf'],
  ['"; filename="b.exe', '"; filename="b.exe'],
])('the name %j becomes %j', async (written, filename) => {
  const { body } = await answerOf(raw(`?filename=${encodeURIComponent(written)}`, 'x'));
  expect(body.filename).toBe(filename);
  expect((await row(body.id)).key).toMatch(/^attachments\/acme\/uploads\/[0-9a-z]+$/);
});

describe('25 MB', () => {
  const most = Buffer.alloc(caps.fileBytes, 'x');
  const more = Buffer.alloc(caps.fileBytes + 1, 'x');
  /** Without a Content-Length. */
  const chunked = (bytes: Buffer) =>
    new ReadableStream({
      start(stream) {
        for (let at = 0; at < bytes.length; at += 65_536) stream.enqueue(bytes.subarray(at, at + 65_536));
        stream.close();
      },
    });
  const streamed = (bytes: Buffer) =>
    fetch(`${attachmentsUrl()}?filename=a`, {
      method: 'POST',
      headers: { authorization: `Bearer ${world.tokens.max}` },
      body: chunked(bytes),
      duplex: 'half',
    });

  test.each<[string, (bytes: Buffer) => Promise<Response>]>([
    ['raw', (bytes) => raw('', bytes)],
    ['streamed', streamed],
    ['in a form', (bytes) => form([['file', new Blob([bytes]), 'a']])],
  ])('are taken, and one byte more is not: %s', async (_, post) => {
    const { status, body } = await answerOf(post(most));
    expect([status, body]).toMatchObject([201, { size: 26_214_400 }]);
    expect((await download(body.url)).headers.get('content-length')).toBe('26214400');
    await world.storage.delete((await row(body.id)).key!);
    const before = await kept();
    const refused = await answerOf(post(more));
    expect([refused.status, refused.body.detail]).toEqual([413, expect.stringContaining('26214400')]);
    expect(await kept()).toEqual(before);
  });

  test('a larger announced size is refused at once, with both numbers', async () => {
    const { body } = await answerOf(raw('', more));
    expect(body.detail).toContain('26214401');
  });

  test('concurrently', async () => {
    const sizes = [1, 10, 20, 5].map((mib) => mib * 1024 * 1024);
    const answers = await Promise.all(sizes.map((size) => answerOf(raw('', most.subarray(0, size)))));
    expect(answers.map(({ body }) => body.size)).toEqual(sizes);
  });
});

test.each<[string, number, () => Promise<Response>]>([
  ['a name with a line break', 422, () => raw('?filename=a%0D%0Ab', 'x')],
  ['a name with a NUL', 422, () => raw('?filename=a%00b', 'x')],
  ['two names', 422, () => raw('?filename=a&filename=b', 'x')],
  ['an unknown parameter', 422, () => raw('?name=a', 'x')],
  ['a Content-Id that is none', 422, () => raw('?content_id=a%20b', 'x')],
  ['a form without a file', 422, () => form([['content_id', 'a']])],
  [
    'two files',
    422,
    () =>
      form([
        ['file', file('a'), 'a'],
        ['file', file('b'), 'b'],
      ]),
  ],
  ['a file in another field', 422, () => form([['upload', file('a'), 'a']])],
  [
    'another field',
    422,
    () =>
      form([
        ['file', file('a'), 'a'],
        ['text', 'x'],
      ]),
  ],
  ['a form that is none', 400, () => raw('', 'x', { 'content-type': 'multipart/form-data; boundary=x' })],
  ['a form without boundary', 400, () => raw('', 'x', { 'content-type': 'multipart/form-data' })],
  ['compressed', 415, () => raw('', 'x', { 'content-encoding': 'gzip' })],
])('%s is %d, and nothing is kept', async (_, status, post) => {
  const before = { ...(await kept()), rows: await world.models.Attachment.countDocuments() };
  const answer = await post();
  expect([answer.status, answer.headers.get('content-type')]).toEqual([status, 'application/problem+json']);
  expect({ ...(await kept()), rows: await world.models.Attachment.countDocuments() }).toEqual(before);
});

test('of an incomplete upload nothing is stored', async () => {
  const before = await kept();
  const { hostname, port } = new URL(world.url);
  const request = http.request({
    hostname,
    port,
    method: 'POST',
    path: '/api/v1/workspaces/acme/attachments',
    headers: { authorization: `Bearer ${world.tokens.max}`, 'content-length': 5_000_000 },
  });
  request.on('error', () => undefined);
  request.write(Buffer.alloc(1_000_000, 'x'));
  await until('its bytes to come', async () => (await kept()).spooled > before.spooled);
  request.destroy();
  await until('nothing to be left', async () => (await kept()).spooled === before.spooled);
  expect(await kept()).toEqual(before);
});

test('if the row cannot be written, the bytes are deleted', async () => {
  await using own = await createWorld();
  await own.models.Attachment.collection.createIndex({ filename: 1 }, { unique: true }, {});
  const headers = { authorization: `Bearer ${own.tokens.max}` };
  const post = () =>
    fetch(`${own.url}/api/v1/workspaces/acme/attachments?filename=a`, { method: 'POST', headers, body: 'x' });
  expect([(await post()).status, (await post()).status]).toEqual([201, 500]);
  expect(await kept(own)).toEqual({ objects: 1, spooled: 0 });
});

describe('with an Idempotency-Key', () => {
  const key = () => ({ 'idempotency-key': randomUUID() });
  const rowsWith = (filename: string) => world.models.Attachment.countDocuments({ filename });

  test('the same file is the same attachment, stored once, however it is sent', async () => {
    const named = key();
    const before = await kept();
    const first = await answerOf(raw('?filename=same.txt', 'hello', named));
    expect(first.status).toBe(201);
    const repeated = await raw('?filename=same.txt', 'hello', named);
    expect(repeated.headers.get('idempotency-replayed')).toBe('true');
    expect(await answerOf(Promise.resolve(repeated))).toEqual(first);
    const parts: Parameters<typeof form>[0] = [['file', file('hello'), 'same.txt']];
    expect(await answerOf(form(parts, named))).toEqual(first);
    expect(await kept()).toEqual({ ...before, objects: before.objects + 1 });
    // Also when it is attached to a message.
    const ticket = await askedTicket(world);
    const body = { text: 'x', attachments: [first.body.id] };
    expect((await world.post(`/tickets/${ticket}/messages`, world.tokens.max, body)).status).toBe(202);
    expect((await answerOf(raw('?filename=same.txt', 'hello', named))).body.id).toBe(first.body.id);
  });

  test('another file, name, type or Content-Id is 409, and nothing more is stored', async () => {
    const named = key();
    const { body } = await answerOf(raw('?filename=a.txt', 'hello', named));
    const before = { ...(await kept()), rows: await world.models.Attachment.countDocuments() };
    const large = new Uint8Array(200_000);
    const others = [
      raw('?filename=a.txt', 'hallo', named),
      raw('?filename=a.txt', large, named),
      raw('?filename=b.txt', 'hello', named),
      raw('?filename=a.txt', 'hello', { ...named, 'content-type': 'text/csv' }),
      raw('?filename=a.txt&content_id=c', 'hello', named),
    ];
    for (const other of others) expect((await other).status).toBe(409);
    expect({ ...(await kept()), rows: await world.models.Attachment.countDocuments() }).toEqual(before);
    expect(await (await download(body.url)).text()).toBe('hello');
  });

  test('concurrent requests create one attachment; of two files one is stored', async () => {
    const named = key();
    const before = await kept();
    const bytes = new Uint8Array(200_000).fill(7);
    const same = await Promise.all(
      Array.from({ length: 6 }, () => answerOf(raw('?filename=many', bytes, named))),
    );
    expect(new Set(same.map(({ status, body }) => `${status} ${body.id}`)).size).toBe(1);
    expect(await rowsWith('many')).toBe(1);
    const two = key();
    const answers = await Promise.all(
      Array.from({ length: 6 }, async (_, n) => ({
        text: `file ${n % 2}`,
        ...(await answerOf(raw('?filename=two', `file ${n % 2}`, two))),
      })),
    );
    const created = answers.filter(({ status }) => status === 201);
    expect(created.length).toBe(3);
    expect(new Set(created.map(({ text, body }) => `${text} ${body.id}`)).size).toBe(1);
    expect(await (await download(created[0]!.body.url)).text()).toBe(created[0]!.text);
    expect(await kept()).toEqual({ ...before, objects: before.objects + 2 });
  });

  test('users do not share keys, and an invalid key is 422', async () => {
    const named = key();
    const ownUpload = await answerOf(raw('', 'x', named));
    const danas = await answerOf(raw('', 'y', { ...named, authorization: `Bearer ${world.tokens.dana}` }));
    expect([ownUpload.status, danas.status, ownUpload.body.id === danas.body.id]).toEqual([201, 201, false]);
    expect(await faultsOf(answerOf(raw('', 'x', { 'idempotency-key': 'two words' })))).toEqual([
      ...[422, 'Idempotency-Key'],
    ]);
  });
});

describe('an upload', () => {
  const send = async (body: object, token = world.tokens.max) =>
    answerOf(world.post(`/tickets/${await askedTicket(world)}/messages`, token, { text: 'x', ...body }));

  test('is visible to its uploader only until it is attached, then to all who see the message', async () => {
    const { id, url } = await uploaded();
    for (const token of [world.tokens.olga, world.tokens.dana, world.tokens.stranger])
      expect((await download(url, token)).status).toBe(404);
    expect((await raw('', 'x', { authorization: 'Bearer x' })).status).toBe(401);
    const { body } = await send({ attachments: [id] });
    expect(body.attachments).toMatchObject([{ id, inline: false, url }]);
    expect(await (await download(url, world.tokens.olga)).text()).toBe('hello');
    expect((await download(url, world.tokens.stranger)).status).toBe(404);
    expect(await row(id)).toMatchObject({ audience: 'tickets', message_id: body.id, position: 0 });
  });

  test('can be attached to one message only', async () => {
    const { id } = await uploaded();
    const other = await uploaded();
    expect(await faultsOf(send({ attachments: [id] }, world.tokens.dana))).toEqual([422, 'attachments.0']);
    expect((await send({ attachments: [id] })).status).toBe(202);
    expect(await faultsOf(send({ attachments: [other.id, id] }))).toEqual([422, 'attachments.1']);
    expect(await row(other.id)).toMatchObject({ message_id: '', audience: 'owner:max' });
    expect((await send({ attachments: [other.id], note: true })).status).toBe(202);
  });

  test('that concurrent messages attach is in one of them; the others are not saved', async () => {
    const wanted = [(await uploaded()).id, (await uploaded()).id];
    const count = () => world.models.Message.find({ workspace_id: 'acme', author_id: 'max' });
    const before = (await count()).length;
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, n) => send({ attachments: n % 2 ? wanted : wanted.toReversed() })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 422, 422, 422, 422, 422]);
    expect((await count()).length).toBe(before + 1);
    const { id, attachments } = answers.find(({ status }) => status === 202)!.body;
    for (const { id: upload } of attachments) expect((await row(upload)).message_id).toBe(id);
    expect(attachments.map((one) => one.id).sort()).toEqual(wanted.sort());
  });

  test('keeps its position, and is inline where the HTML shows it', async () => {
    const [first, shown, twin] = [
      await uploaded('1'),
      await uploaded('2', '?filename=logo.png&content_id=logo'),
      await uploaded('3', '?filename=other.png&content_id=logo'),
    ];
    const html = `<p><img src="cid:logo"><img src="cid:${first.content_id}"><img src="cid:gone"></p>`;
    const { body } = await send({ html, attachments: [twin.id, shown.id, first.id] });
    expect(body.attachments.map(({ id, inline }) => [id, inline])).toEqual([
      [twin.id, true],
      [shown.id, false],
      [first.id, true],
    ]);
    const sources = [...body.html!.matchAll(/<img(?: src="([^"]*)")?/g)].map(([, src]) => src);
    expect(sources).toEqual([
      expect.stringContaining(`/files/${twin.id}?`),
      expect.stringContaining(`/files/${first.id}?`),
      undefined,
    ]);
    const image = await fetch(sources[0]!.replaceAll('&amp;', '&'));
    expect(await image.text()).toBe('3');
  });

  test('in a personal conversation stays visible to its owner only', async () => {
    const { id, url } = await uploaded();
    const opened = await answerOf(
      world.post('/conversations', world.tokens.max, {
        to: ['a@x.test'],
        text: 'x',
        personal: true,
        attachments: [id],
      }),
    );
    expect(opened.body.message.attachments).toMatchObject([{ id }]);
    expect((await download(url)).status).toBe(200);
    expect((await download(url, world.tokens.olga)).status).toBe(404);
  });
});
