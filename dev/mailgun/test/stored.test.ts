import { mkdtemp, readdir, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { lastingPort } from './ports.ts';
import { until } from './until.ts';
import { API_KEY, readPost, localMailgunFor, startReceiver, valuesOf } from './receiver.ts';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let dataDir: string;
beforeEach(async () => {
  receiver = await startReceiver();
  dataDir = await mkdtemp(path.join(os.tmpdir(), 'postroom-test-'));
});
afterEach(async () => {
  await receiver.close();
  await rm(dataDir, { recursive: true });
});

const basic = (key: string) => ({ authorization: `Basic ${Buffer.from(`api:${key}`).toString('base64')}` });
const get = (url: string, headers = basic(API_KEY)) => fetch(url, { headers });
const mail = {
  from: 'Ann <ann@client.test>',
  to: ['support@postroom.test', 'hello@postroom.test'],
  subject: 'Größe',
  text: 'Hi',
  headers: [
    ['X-Note', 'one'],
    ['X-Note', 'two'],
  ] as [string, string][],
  attachments: [
    { filename: 'ファイル.png', contentType: 'image/png', content: Buffer.from([1, 2, 3]), contentId: 'c@x' },
    { filename: 'leer.txt', contentType: 'text/plain', content: Buffer.alloc(0) },
  ],
};
async function links(): Promise<{ message: string; files: { url: string }[] }> {
  const read = await readPost(receiver.posts.at(-1)!);
  return {
    message: valuesOf(read, 'message-url')[0]!,
    files: JSON.parse(valuesOf(read, 'attachments')[0]!) as { url: string }[],
  };
}

test('files and message are served with the key', async () => {
  const localMailgun = await localMailgunFor(receiver, { dataDir });
  await localMailgun.receive(mail, { form: 'store' });
  const { message, files } = await links();

  const file = await get(files[0]!.url);
  expect([file.status, file.headers.get('content-type'), file.headers.get('content-length')]).toEqual([
    200,
    'image/png',
    '3',
  ]);
  expect(Buffer.from(await file.arrayBuffer())).toEqual(Buffer.from([1, 2, 3]));
  expect((await (await get(files[1]!.url)).arrayBuffer()).byteLength).toBe(0);

  const json = (await (await get(message)).json()) as Record<string, unknown>;
  expect(json).toMatchObject({
    recipients: 'support@postroom.test,hello@postroom.test',
    sender: 'ann@client.test',
    from: 'Ann <ann@client.test>',
    subject: 'Größe',
    Subject: 'Größe',
    'X-Note': 'one',
    'body-plain': 'Hi',
    attachments: [
      { url: files[0]!.url, 'content-type': 'image/png', name: 'ファイル.png', size: 3 },
      { url: files[1]!.url, 'content-type': 'text/plain', name: 'leer.txt', size: 0 },
    ],
    'content-id-map': { '<c@x>': { url: files[0]!.url, name: 'ファイル.png' } },
  });
  expect((json['message-headers'] as string[][]).filter(([name]) => name === 'X-Note')).toHaveLength(2);
  await localMailgun.close();
});

test('no key or a wrong one: 401, as at Mailgun; unknown: 404', async () => {
  const localMailgun = await localMailgunFor(receiver, { dataDir });
  await localMailgun.receive(mail, { form: 'store' });
  const { message, files } = await links();
  for (const url of [message, files[0]!.url]) {
    for (const headers of [{}, basic('wrong'), { authorization: 'Bearer x' }]) {
      const response = await fetch(url, { headers: headers as Record<string, string> });
      expect([response.status, await response.text()]).toEqual([401, 'Forbidden']);
      expect(response.headers.get('www-authenticate')).toBe('Basic realm="MG API"');
    }
  }
  const elsewhere = message.replace('/postroom.test/', '/other.test/');
  const outside = `${localMailgun.url}/v3/domains/postroom.test/messages/..%2F..%2Fmails/attachments/0`;
  for (const url of [
    `${message}x`,
    `${message}/attachments/2`,
    `${message}/attachments/-1`,
    elsewhere,
    outside,
  ]) {
    const response = await get(url);
    expect([response.status, await response.json()]).toEqual([404, { message: 'Message not found' }]);
  }
  await localMailgun.close();
});

test('stored messages expire', async () => {
  // First with the usual time, then, on the same folder, with a time that has passed already.
  const first = await localMailgunFor(receiver, { dataDir, port: await lastingPort() });
  await first.receive(mail, { form: 'store', wait: 'settled' });
  const { message, files } = await links();
  expect((await get(files[0]!.url)).status).toBe(200);
  await first.close();
  const localMailgun = await localMailgunFor(receiver, { dataDir, port: first.port, storedForMs: 1 });
  await until('the file to be gone', async () => (await get(files[0]!.url)).status !== 200);
  const response = await get(message);
  expect([response.status, await response.json()]).toEqual([404, { message: 'Message not found' }]);
  await until('its files to be gone', async () => (await readdir(path.join(dataDir, 'mails'))).length === 0);
  await localMailgun.close();
});

test('stored messages survive a restart; other forms leave no files', async () => {
  const first = await localMailgunFor(receiver, { dataDir, port: await lastingPort() });
  await first.receive(mail, { form: 'store' });
  const { files } = await links();
  await first.receive(mail, { form: 'forward', wait: 'settled' });
  await first.receive(mail, { form: 'mime', wait: 'settled' });
  await first.close();

  const second = await localMailgunFor(receiver, { dataDir, port: first.port });
  expect((await get(files[0]!.url)).status).toBe(200);
  expect(await readdir(path.join(dataDir, 'mails'))).toHaveLength(1);
  await second.close();
});
