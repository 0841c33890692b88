import { once } from 'node:events';
import { createConnection } from 'node:net';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { until } from '../support/until.ts';
import {
  fieldParts,
  type Field,
  MIME_TOKEN,
  MULTIPART,
  multipart,
  post,
  postForm,
  providersFor,
  type Rig,
  signature,
  someFields,
  startRig,
} from './rig.ts';
import { HOUR_MS } from '../../src/lib/time.ts';

const bearer = { authorization: `Bearer ${MIME_TOKEN}` };
let rig: Rig;
beforeEach(async () => void (rig = await startRig()));
afterEach(() => rig.close());

/** The problem's detail, after a look at its form. */
async function problem(answer: Response, status: number): Promise<Record<string, unknown>> {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const body = (await answer.json()) as Record<string, unknown>;
  expect(body).toMatchObject({ status, detail: expect.any(String), title: expect.any(String) });
  return body;
}
const nothingIsLeft = async (): Promise<void> => {
  expect(await rig.files()).toEqual([]);
  expect(rig.started).toEqual([]);
};

describe('200', () => {
  test('comes when payload and mark are stored, and the starter is notified', async () => {
    const answer = await postForm(rig, [...someFields(), ...signature()]);
    expect(answer.status).toBe(200);
    const { id } = (await answer.json()) as { id: string };
    const { deliveries, sender_hash, received_at } = await rig.payloadOf(id);
    const day = received_at.slice(0, 10).replaceAll('-', '/');
    expect(await rig.files()).toEqual([
      `mailgun-incoming/${day}/${id}.json`,
      `mailgun-incoming/unstarted/${id}`,
    ]);
    expect(deliveries).toEqual([
      { recipient: 'support@acme.test', inbound_id: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
    expect(sender_hash).toMatch(/^[0-9a-f]{32}$/);
    expect(rig.started).toEqual([{ provider: 'mailgun', id, deliveries, sender_hash }]);
  });

  test.each(['mailgun/inbound', 'mailgun/inbound/mime'])('at %s', async (route) => {
    expect((await postForm(rig, [...someFields(), ...signature()], route)).status).toBe(200);
  });

  test('for a signed post without a recipient, which is stored with an empty recipient', async () => {
    const stored = await rig.payload(await postForm(rig, signature()));
    expect(stored.deliveries).toEqual([{ recipient: '', inbound_id: expect.any(String) }]);
  });

  test('for a signed post with two recipient fields, neither of which is trusted', async () => {
    const twice: Field[] = [...someFields(), ['recipient', 'billing@acme.test'], ...signature()];
    const stored = await rig.payload(await postForm(rig, twice));
    expect(stored.deliveries.map((delivery) => delivery.recipient)).toEqual(['']);
  });

  test('for signatures up to 12 h old, and a little from the future', async () => {
    for (const at of [Date.now() - 11.9 * HOUR_MS, Date.now() + 0.5 * HOUR_MS])
      expect((await postForm(rig, [...someFields(), ...signature({ at })])).status).toBe(200);
  });
});

describe('401', () => {
  const changed = (name: string, value: string): Field[] =>
    signature().map(([field, was]) => [field, field === name ? value : was]);
  const bad: Record<string, () => Field[]> = {
    'no signature at all': () => [],
    'no token': () => signature().filter(([name]) => name !== 'token'),
    'a forged signature': () => changed('signature', '0'.repeat(64)),
    'a signature that is no hex': () => changed('signature', 'nonsense'),
    'a right signature with more behind it': () => changed('signature', `${signature()[2]![1]}zz`),
    'another timestamp': () => changed('timestamp', String(Math.floor(Date.now() / 1000) - 1)),
    'another key': () => signature({ key: 'other' }),
    'over 12 h old': () => signature({ at: Date.now() - 12.1 * HOUR_MS }),
    'far from the future': () => signature({ at: Date.now() + 2 * HOUR_MS }),
    'two signatures': () => [...signature(), ['signature', signature()[2]![1]]],
    'two tokens': () => [['token', 'x'], ...signature()],
    'a forged one before the right one': () => [['signature', '0'.repeat(64)], ...signature()],
  };
  test.each(Object.keys(bad))('%s', async (name) => {
    await problem(await postForm(rig, [...someFields(), ...bad[name]!()]), 401);
    await nothingIsLeft();
  });

  test('leaves no file of a forged post with large parts', async () => {
    const parts = [
      ...fieldParts([...someFields(), ['body-html', 'x'.repeat(200_000)], ...signature({ key: 'other' })]),
      { head: 'Content-Disposition: form-data; name="a"; filename="a"', body: 'y'.repeat(400_000) },
    ];
    await problem(await post(rig, 'mailgun/inbound', multipart(parts), MULTIPART), 401);
    await nothingIsLeft();
  });

  test('for everything while no signing key is configured', async () => {
    const keyless = {
      signingKey: '',
      apiKey: '',
      url: 'https://api.mailgun.net',
      signatureHours: 12,
      timeoutMs: 1_000,
    };
    const own = await startRig({ providers: providersFor({ mailgun: keyless }) });
    const { detail } = await problem(await postForm(own, [...someFields(), ...signature({ key: '' })]), 401);
    expect(detail).toContain('MAILGUN_SIGNING_KEY');
    await own.close();
  });

  test.each([undefined, 'Bearer wrong', 'Bearer', `Basic ${MIME_TOKEN}`, `Bearer ${MIME_TOKEN}x`])(
    'raw mail with authorization %j',
    async (authorization) => {
      const answer = await post(rig, 'mime/inbound?recipient=a@b.test', 'Subject: x\r\n\r\n', {
        ...(authorization === undefined ? {} : { authorization }),
      });
      await problem(answer, 401);
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      await nothingIsLeft();
    },
  );

  test('raw mail while no token is configured', async () => {
    const own = await startRig({ providers: providersFor({ mimeTokens: [] }) });
    const { detail } = await problem(await post(own, 'mime/inbound?recipient=a@b.test', 'x', bearer), 401);
    expect(detail).toContain('MIME_TOKENS');
    await own.close();
  });
});

describe('404 and 405', () => {
  test('unknown paths', async () => {
    for (const route of [
      'mailgun',
      'mailgun/other',
      'other/inbound',
      'mailgun/inbound/',
      '__proto__/inbound',
    ])
      await problem(await postForm(rig, someFields(), route), 404);
  });

  test('another method', async () => {
    const answer = await fetch(`${rig.url}/webhooks/mailgun/inbound`);
    await problem(answer, 405);
    expect(answer.headers.get('allow')).toBe('POST');
  });
});

describe('406', () => {
  const refusedFor = async (answer: Response): Promise<string> => {
    const { reason } = await problem(answer, 406);
    const [only, ...more] = rig.started;
    expect(more).toEqual([]);
    const stored = await rig.payloadOf(only!.id);
    expect(stored).toMatchObject({ refused: reason, fields: [], files: [], mime: null });
    expect(stored.deliveries).toEqual([{ recipient: '', inbound_id: expect.any(String) }]);
    expect(await rig.files()).toHaveLength(2);
    return reason as string;
  };

  test.each(['application/json', 'text/plain', ''])('content type %j', async (type) => {
    const answer = await post(rig, 'mailgun/inbound', Buffer.from('{}'), { 'content-type': type });
    expect(await refusedFor(answer)).toContain('content type');
  });

  test('a compressed body', async () => {
    const headers = { 'content-encoding': 'gzip', 'content-type': 'application/x-www-form-urlencoded' };
    expect(await refusedFor(await post(rig, 'mailgun/inbound', Buffer.from('x'), headers))).toContain(
      'compressed',
    );
  });

  test.each([
    ['no boundary in the type', 'multipart/form-data', 'x'],
    ['no boundary in the body', 'multipart/form-data; boundary=b', '{"json": true}'],
    ['no name in a part', 'multipart/form-data; boundary=b', '--b\r\nContent-Type: x\r\n\r\nv\r\n--b--'],
    [
      'more on a boundary line',
      'multipart/form-data; boundary=b',
      '--bx\r\nContent-Type: x\r\n\r\nv\r\n--b--',
    ],
    ['an endless part head', 'multipart/form-data; boundary=b', `--b\r\nX: ${'x'.repeat(20_000)}`],
    ['an endless boundary line', 'multipart/form-data; boundary=b', `--b${' '.repeat(20_000)}`],
    ['an endless name', 'application/x-www-form-urlencoded', 'n'.repeat(70_000)],
  ])('unreadable: %s', async (_, type, body) => {
    await refusedFor(await post(rig, 'mailgun/inbound', body, { 'content-type': type }));
  });

  test('more than 1,000 files', async () => {
    const file = { head: 'Content-Disposition: form-data; name="a"; filename="a"', body: '' };
    const body = multipart([...fieldParts(signature()), ...Array.from({ length: 1_001 }, () => file)]);
    expect(await refusedFor(await post(rig, 'mailgun/inbound', body, MULTIPART))).toContain('1,000 files');
  });

  test('more than 100,000 fields', async () => {
    const body = `${new URLSearchParams(signature()).toString()}${'&a'.repeat(100_000)}`;
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    expect(await refusedFor(await post(rig, 'mailgun/inbound', body, headers))).toContain('100,000 fields');
  });

  test('raw mail posted as a form, and no mail at all', async () => {
    const route = 'mime/inbound?recipient=a@b.test';
    await refusedFor(await post(rig, route, multipart([]), { ...bearer, ...MULTIPART }));
    rig.started.length = 0;
    expect((await post(rig, route, '', bearer)).status).toBe(406);
  });

  test('over the limit, which is inclusive, whether the length is announced or not', async () => {
    const fields = [...someFields(), ...signature()];
    const size = Buffer.byteLength(new URLSearchParams(fields).toString());
    const exact = await startRig({ maxPostBytes: size });
    expect((await postForm(exact, fields)).status).toBe(200);
    await exact.close();
    await rig.close();
    rig = await startRig({ maxPostBytes: size - 1 });
    expect(await refusedFor(await postForm(rig, fields))).toContain(`${size - 1} bytes`);
    const streamed = await fetch(`${rig.url}/webhooks/mailgun/inbound`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new Blob([new URLSearchParams(fields).toString()]).stream(),
      duplex: 'half',
    });
    await problem(streamed, 406);
  });

  test('keeps at most 100 rows an hour', async () => {
    const statuses = new Set<number>();
    for (let n = 0; n < 110; n++) statuses.add((await post(rig, 'mailgun/inbound', 'x')).status);
    expect(statuses).toEqual(new Set([406]));
    expect(rig.started).toHaveLength(100);
    expect(await rig.files()).toHaveLength(200);
  });
});

test('422 for raw mail without a recipient', async () => {
  for (const query of ['', '?recipient=', '?recipient=%20,'])
    expect((await problem(await post(rig, `mime/inbound${query}`, 'x', bearer), 422)).detail).toContain(
      'recipient',
    );
  await nothingIsLeft();
});

describe('503', () => {
  /**
   * Sends a part of a request, and closes the connection while the server is reading it.
   * @returns the status line
   */
  const raw = async (head: string[], body: string, end: 'close' | 'reset'): Promise<string> => {
    const socket = createConnection(rig.port, '127.0.0.1');
    let answer = '';
    socket.on('data', (data) => (answer += data.toString()));
    const closed = once(socket, 'close');
    socket.write([`POST /webhooks/mailgun/inbound HTTP/1.1`, 'Host: x', ...head, '', body].join('\r\n'));
    await until('the large field is in the spool', async () => (await rig.files()).length > 0);
    if (end === 'close') socket.end();
    else socket.resetAndDestroy();
    await closed;
    await until('the spool is empty again', async () => (await rig.files()).length === 0);
    return answer.split('\r\n', 1)[0]!;
  };
  const urlencoded = 'Content-Type: application/x-www-form-urlencoded';
  const whole = new URLSearchParams([
    ...someFields(),
    ['body-html', 'x'.repeat(100_000)],
    ...signature(),
  ]).toString();

  test('a multipart form without its end', async () => {
    const body = multipart(fieldParts([...someFields(), ...signature()]));
    await problem(await post(rig, 'mailgun/inbound', body.subarray(0, body.length - 4), MULTIPART), 503);
    await nothingIsLeft();
  });

  test.each(['close', 'reset'] as const)('a body shorter than announced, then %s', async (end) => {
    const answer = await raw([urlencoded, `Content-Length: ${whole.length + 1}`], whole, end);
    expect(answer).toBe(end === 'close' ? 'HTTP/1.1 503 Service Unavailable' : '');
    await nothingIsLeft();
  });

  test.each(['close', 'reset'] as const)('chunks without the last one, then %s', async (end) => {
    const chunk = `${whole.length.toString(16)}\r\n${whole}\r\n`;
    const answer = await raw([urlencoded, 'Transfer-Encoding: chunked'], chunk, end);
    expect(answer).toBe(end === 'close' ? 'HTTP/1.1 503 Service Unavailable' : '');
    await nothingIsLeft();
  });

  test('a sender that breaks the rules of HTTP and stays connected: nothing of its post is stored', async () => {
    const socket = createConnection({ port: rig.port, host: '127.0.0.1', allowHalfOpen: true });
    let answer = '';
    socket.on('data', (data) => (answer += data.toString())).on('error', () => {});
    const head = [
      'POST /webhooks/mailgun/inbound HTTP/1.1',
      'Host: x',
      urlencoded,
      'Transfer-Encoding: chunked',
    ];
    socket.write(`${head.join('\r\n')}\r\n\r\n${whole.length.toString(16)}\r\n${whole}\r\n`);
    await until('the large field is in the spool', async () => (await rig.files()).length > 0);
    socket.write('this is no length of a chunk\r\n');
    await until('it is answered', () => answer.startsWith('HTTP/1.1 400 Bad Request'));
    await until('the spool is empty again', async () => (await rig.files()).length === 0);
    socket.destroy();
    await nothingIsLeft();
  });

  test('the store does not exist', async () => {
    await rm(path.dirname(rig.storage.spoolDir), { recursive: true });
    await rename(
      path.resolve(rig.storage.spoolDir, '../..'),
      `${path.resolve(rig.storage.spoolDir, '../..')}-away`,
    );
    await writeFile(path.resolve(rig.storage.spoolDir, '../..'), 'a file now');
    await problem(await postForm(rig, [...someFields(), ...signature()]), 503);
    await problem(await post(rig, 'mailgun/inbound', 'not even a form'), 503);
    expect(rig.started).toEqual([]);
    await rm(`${path.resolve(rig.storage.spoolDir, '../..')}-away`, { recursive: true });
  });

  test.each(['put', 'adopt'] as const)('the disk is full at %s', async (step) => {
    await rig.close();
    const full = async (): Promise<never> => {
      throw Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    };
    rig = await startRig({
      wrap: (storage) =>
        new Proxy(storage, {
          get: (target, name) => {
            if (name === step) return full;
            const member = Reflect.get(target, name) as unknown;
            return typeof member === 'function' ? member.bind(target) : member;
          },
        }),
    });
    const parts = [
      ...fieldParts([...someFields(), ...signature()]),
      { head: 'Content-Disposition: form-data; name="a"; filename="small"', body: 'y' },
      { head: 'Content-Disposition: form-data; name="b"; filename="large"', body: 'y'.repeat(400_000) },
    ];
    await problem(await post(rig, 'mailgun/inbound', multipart(parts), MULTIPART), 503);
    await nothingIsLeft();
  });
});
