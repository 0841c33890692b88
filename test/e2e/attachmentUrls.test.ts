import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ServerResponse } from 'node:http';
import { caps } from '../../src/mail/caps.ts';
import { type FileHost, gives, sendsTo, startFileHost } from '../support/fileHost.ts';
import { downloadOf, messageOf, postForm, settledFiles, signed } from '../support/mails.ts';
import { startStack, type Stack } from '../support/stack.ts';

const TLS = path.resolve(import.meta.dirname, '../fixtures/tls');
const STORED = '/v3/domains/postroom.test/messages/KEY/attachments';

/** More than 25 MB, and no word before of how much. */
function endless(response: ServerResponse): void {
  const chunk = Buffer.alloc(1024 * 1024, 'more ');
  let left = caps.fileBytes / chunk.length + 1;
  const write = (): void => {
    while (left-- > 0) if (!response.write(chunk)) return void response.once('drain', write);
    response.end();
  };
  response.writeHead(200);
  write();
}

/** The provider as configured, another host that speaks https, and one that speaks http only. */
let stack: Stack;
let provider: FileHost;
let elsewhere: FileHost;
let plain: FileHost;
beforeAll(async () => {
  const cert = { key: readFileSync(`${TLS}/localhost.key`), cert: readFileSync(`${TLS}/localhost.crt`) };
  elsewhere = await startFileHost({ '/moved': gives('from elsewhere') }, cert);
  plain = await startFileHost({ '/moved': gives('never'), [`${STORED}/0`]: gives('never') });
  provider = await startFileHost({
    [`${STORED}/good`]: gives('from the provider'),
    [`${STORED}/here`]: sendsTo('/signed-url'),
    '/signed-url': gives('from a signed URL'),
    [`${STORED}/https`]: sendsTo(`${elsewhere.url}/moved`),
    [`${STORED}/http`]: sendsTo(`${plain.url}/moved`),
    [`${STORED}/round`]: sendsTo(`${STORED}/round`),
    [`${STORED}/endless`]: endless,
    '/v3/routes': gives('our routes'),
  });
  stack = await startStack({
    env: { MAILGUN_URL: provider.url, NODE_EXTRA_CA_CERTS: `${TLS}/localhost.crt` },
  });
});
afterAll(() => Promise.all([stack.close(), provider.close(), elsewhere.close(), plain.close()]));

test('files are asked for where they may be, with credentials for the provider alone', async () => {
  const withCredentials = new URL(`${provider.url}${STORED}/good`);
  withCredentials.username = 'api';
  withCredentials.password = 'other';
  const cases: [name: string, url: string, expected: object][] = [
    ['good', `${provider.url}${STORED}/good`, { state: 'stored' }],
    ['redirect on the host', `${provider.url}${STORED}/here`, { state: 'stored' }],
    ['redirect to https', `${provider.url}${STORED}/https`, { state: 'stored' }],
    [
      'redirect to http',
      `${provider.url}${STORED}/http`,
      { state: 'failed', reason: 'the provider did not give this file (HTTP 421)' },
    ],
    [
      'redirect round and round',
      `${provider.url}${STORED}/round`,
      { state: 'failed', reason: 'the provider did not give this file (HTTP 421)' },
    ],
    ['another host', `${plain.url}${STORED}/0`, { state: 'failed', reason: 'the file is not at Mailgun' }],
    [
      'another https host',
      `${elsewhere.url}${STORED}/0`,
      { state: 'failed', reason: 'the file is not at Mailgun' },
    ],
    [
      'Mailgun without https',
      `http://storage.api.mailgun.net${STORED}/0`,
      { state: 'failed', reason: 'the file is not at Mailgun' },
    ],
    [
      'a host that ends alike',
      `https://evilmailgun.net${STORED}/0`,
      { state: 'failed', reason: 'the file is not at Mailgun' },
    ],
    [
      'the API itself',
      `${provider.url}/v3/routes`,
      { state: 'failed', reason: 'the URL is not one of a stored file' },
    ],
    [
      'credentials of its own',
      withCredentials.href,
      { state: 'failed', reason: 'the URL has credentials of its own' },
    ],
    ['no URL', 'not a url', { state: 'failed', reason: 'the file has no readable URL' }],
    ['a file of ours', 'file:///etc/passwd', { state: 'failed', reason: 'the file is not at Mailgun' }],
    ['more than it said', `${provider.url}${STORED}/endless`, { state: 'too_large' }],
  ];
  const answer = await postForm(
    stack,
    new URLSearchParams({
      recipient: stack.at('support'),
      sender: 'ann@client.test',
      'message-headers': JSON.stringify([
        ['From', 'Ann <ann@client.test>'],
        ['Message-Id', '<urls@client.test>'],
      ]),
      'body-plain': 'Files from everywhere.',
      attachments: JSON.stringify(
        cases.map(([name, url]) => ({ url, name, 'content-type': 'text/plain', size: 10 })),
      ),
      ...signed(),
    }),
  );
  expect(answer.status).toBe(200);

  const files = await settledFiles(stack, await messageOf(stack, '<urls@client.test>'));
  expect(files.map(({ filename, state, reason }) => ({ filename, state, reason }))).toEqual(
    cases.map(([filename, , expected]) => expect.objectContaining({ filename, ...expected }) as unknown),
  );
  const contents = await Promise.all(files.slice(0, 3).map((file) => downloadOf(stack, file)));
  expect(contents.map(String)).toEqual(['from the provider', 'from a signed URL', 'from elsewhere']);

  const authorization = `Basic ${Buffer.from('api:key-test-api').toString('base64')}`;
  const sent = new Map(provider.asked.map((request) => [request.path, request.authorization]));
  expect(sent.get(`${STORED}/good`)).toBe(authorization);
  expect(sent.get('/signed-url')).toBeUndefined();
  expect(sent.has('/v3/routes')).toBe(false);
  expect(elsewhere.asked).toEqual([{ path: '/moved', authorization: undefined }]);
  expect(plain.asked).toEqual([]);
});
