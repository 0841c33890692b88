import { Readable } from 'node:stream';
import type { Storage } from '../../src/infra/storage/storage.ts';
import { createWorld, rows, storedFile, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const download = (id: string, token = world.tokens.dana) => world.get(`/attachments/${id}`, token);

test('a download has the bytes, with headers that keep a browser from running it', async () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251));
  const id = await storedFile(world, bytes, {
    filename: 'page.html',
    content_type: 'text/html; charset=utf-8',
  });
  const answer = await download(id);
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    'content-type': 'application/octet-stream',
    'content-length': '300000',
    'content-disposition': 'attachment; filename="page.html"',
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-store',
  });
  expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  const head = await fetch(answer.url, {
    method: 'HEAD',
    headers: { authorization: `Bearer ${world.tokens.dana}` },
  });
  expect([head.status, head.headers.get('content-length')]).toEqual([200, '300000']);
});

test.each(['ticket', 'conversation'] as const)(
  'of a %s in the trash it is had as the thread itself is',
  async (kind) => {
    const { models } = world;
    const { _id: thread_id } = await rows[kind](models, {});
    const audience = kind === 'ticket' ? 'tickets' : 'shared';
    const { _id: message_id } = await rows.message(models, { thread_kind: kind, thread_id, audience });
    const id = await storedFile(world, 'x', { message_id, audience });
    const downloadStatus = async (query = '') =>
      (await world.get(`/attachments/${id}${query}`, world.tokens.dana)).status;
    const signed = async () =>
      (await fetch(world.links.signedFile({ workspaceId: 'acme', userId: 'dana', role: 'member' }, id)))
        .status;
    expect([await downloadStatus(), await signed()]).toEqual([200, 200]);
    expect((await world.delete(`/${kind}s/${thread_id}`, world.tokens.dana)).status).toBe(204);
    expect([
      await downloadStatus(),
      await downloadStatus('?trash=false'),
      await downloadStatus('?trash=true'),
    ]).toEqual([404, 404, 200]);
    // An open page keeps its images.
    expect(await signed()).toBe(200);
    expect(await downloadStatus('?trash=x')).toBe(422);
    expect((await world.post(`/${kind}s/${thread_id}/restore`, world.tokens.dana)).status).toBe(200);
    expect(await downloadStatus()).toBe(200);
  },
);

const types = [
  ['image/png', 'image/png', 'inline'],
  ['IMAGE/JPG', 'image/jpeg', 'inline'],
  ['image/webp; x=y', 'image/webp', 'inline'],
  ['image/svg+xml', 'application/octet-stream', 'attachment'],
  ['text/html', 'application/octet-stream', 'attachment'],
  ['application/xhtml+xml', 'application/octet-stream', 'attachment'],
  ['application/vnd.mozilla.xul+xml', 'application/octet-stream', 'attachment'],
  ['text/javascript', 'application/octet-stream', 'attachment'],
  ['application/pdf', 'application/pdf', 'attachment'],
  ['text/plain; charset="x\r\ny"', 'text/plain', 'attachment'],
  ['multipart/x-mixed-replace', 'application/octet-stream', 'attachment'],
  ['image/png\r\nSet-Cookie: a=b', 'application/octet-stream', 'attachment'],
  ['', 'application/octet-stream', 'attachment'],
] as const;
test.each(types)('%j is sent as %s, %s', async (content_type, type, disposition) => {
  const answer = await download(await storedFile(world, 'x', { content_type }));
  expect(answer.headers.get('content-type')).toBe(type);
  expect(answer.headers.get('content-disposition')).toMatch(new RegExp(`^${disposition};`));
  expect(answer.headers.get('set-cookie')).toBeNull();
});

const names = [
  ['Rechnung März.pdf', `filename="Rechnung M_rz.pdf"; filename*=UTF-8''Rechnung%20M%C3%A4rz.pdf`],
  ['請求書.pdf', `filename="___.pdf"; filename*=UTF-8''%E8%AB%8B%E6%B1%82%E6%9B%B8.pdf`],
  ['فاتورة.pdf', `filename="______.pdf"; filename*=UTF-8''%D9%81%D8%A7%D8%AA%D9%88%D8%B1%D8%A9.pdf`],
  ['../../etc/passwd', 'filename=".._.._etc_passwd"'],
  ['C:\\x\\a.exe', 'filename="C:_x_a.exe"'],
  ['a"; filename=b.html', 'filename="a\\"; filename=b.html"'],
  ['a.txt\r\nSet-Cookie: a=b', 'filename="a.txtSet-Cookie: a=b"'],
  ['a\u0000b\u0007.txt', 'filename="ab.txt"'],
  ['invoice\u202Efdp.exe', 'filename="invoicefdp.exe"'],
  ['100%41.txt', `filename="100%41.txt"; filename*=UTF-8''100%2541.txt`],
  ['a\ud800.txt', `filename="a_.txt"; filename*=UTF-8''a%EF%BF%BD.txt`],
  ['', 'filename="attachment"'],
  ['..', 'filename="attachment"'],
  [`${'n'.repeat(400)}.txt`, `filename="${'n'.repeat(196)}.txt"`],
] as const;
test.each(names)('the file name %j is shown as %s', async (filename, shown) => {
  const answer = await download(await storedFile(world, 'x', { filename }));
  expect(answer.headers.get('content-disposition')).toBe(`attachment; ${shown}`);
  expect(answer.headers.get('set-cookie')).toBeNull();
});

test('for a file that is not stored, the answer says why', async () => {
  const { models } = world;
  const pending = await rows.attachment(models, { state: 'pending' });
  const waiting = await download(pending._id);
  expect([waiting.status, waiting.headers.get('retry-after')]).toEqual([409, '2']);
  const reason = 'the provider answered 404';
  const failed = await rows.attachment(models, { state: 'failed', reason });
  const gone = await download(failed._id);
  expect([gone.status, await gone.json()]).toMatchObject([
    404,
    { detail: `This file was not stored: ${reason}.` },
  ]);
  const large = await download((await rows.attachment(models, { state: 'too_large' }))._id);
  expect([large.status, await large.json()]).toMatchObject([
    404,
    { detail: 'This file was not stored: too large.' },
  ]);
  const lost = await download((await rows.attachment(models, { key: 'attachments/acme/none/lost' }))._id);
  expect([lost.status, await lost.json()]).toMatchObject([404, { detail: 'This file is no longer stored.' }]);
});

test('without storage the answer is 503; when storage fails midway the connection ends, so that the file never looks complete', async () => {
  let broken: 'away' | 'breaks off' = 'away';
  const storage = {
    size: () => (broken === 'away' ? Promise.reject(new Error('EIO')) : Promise.resolve(10)),
    read: () =>
      Promise.resolve(
        Readable.from(
          (function* () {
            yield Buffer.from('half ');
            throw new Error('EIO');
          })(),
        ),
      ),
  } as unknown as Storage;
  await using own = await createWorld({ storage });
  const { _id } = await rows.attachment(own.models, { key: 'k' });
  const away = await own.get(`/attachments/${_id}`, own.tokens.max);
  expect([away.status, away.headers.get('retry-after')]).toEqual([503, '5']);
  broken = 'breaks off';
  const half = own.get(`/attachments/${_id}`, own.tokens.max).then((answer) => answer.arrayBuffer());
  await expect(half).rejects.toThrow();
});
