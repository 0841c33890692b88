import { once } from 'node:events';
import { createConnection } from 'node:net';
import { fakeOutbound, anEvent, postEvent } from './events.ts';
import { post, type Rig, startRig } from './rig.ts';

const ROUTE = 'mailgun/events';
const MiB = 1024 * 1024;
let rig: Rig;
beforeEach(async () => void (rig = await startRig({ outbound: fakeOutbound })));
afterEach(() => rig.close());

async function problem(answer: Response, status: number): Promise<Record<string, unknown>> {
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
  const body = (await answer.json()) as Record<string, unknown>;
  expect(body).toMatchObject({ status, detail: expect.any(String), title: expect.any(String) });
  return body;
}
const nothingIsLeft = async (): Promise<void> => {
  expect(await rig.files()).toEqual([]);
  expect(rig.marked).toEqual([]);
};
const idOf = async (answer: Response): Promise<string> => {
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { id: string }).id;
};
/** Objects, and the ids of marks. */
async function kept(): Promise<{ objects: string[]; marks: string[] }> {
  const files = await rig.files();
  const marks = files.filter((file) => file.startsWith('mailgun-events/unstarted/'));
  return {
    objects: files.filter((file) => !marks.includes(file)),
    marks: marks.map((mark) => mark.replace(/^.*\/[0-9a-z]{24}-/, '')),
  };
}

describe('200', () => {
  test('comes when the posted event and its mark are stored, and the work is notified', async () => {
    const body = JSON.stringify(anEvent({ id: 'one' }), null, 3);
    const id = await idOf(await post(rig, ROUTE, body));
    expect(id).toMatch(/^2026-11-23-[0-9a-f]{32}$/);
    const key = `mailgun-events/2026/11/23/${id}.json`;
    expect(await kept()).toEqual({ objects: [key], marks: [id] });
    expect((await rig.storage.readAll(key)).toString()).toBe(body);
    expect(rig.marked).toEqual([{ provider: 'mailgun', id: expect.stringMatching(`^[0-9a-z]{24}-${id}$`) }]);
  });

  test('the same event posted again is the same object; each post has its mark', async () => {
    const event = anEvent();
    const ids = [await idOf(await postEvent(rig, event)), await idOf(await postEvent(rig, event))];
    expect(ids[0]).toBe(ids[1]);
    expect(await kept()).toEqual({ objects: [expect.stringContaining(ids[0]!)], marks: ids });
  });

  test('the same number on another day is another event', async () => {
    const event = anEvent();
    const ids = [
      await idOf(await postEvent(rig, event)),
      await idOf(await postEvent(rig, { ...event, at: '2026-11-24T00:00:00.000Z' })),
    ];
    expect((await kept()).objects).toEqual([
      `mailgun-events/2026/11/23/${ids[0]}.json`,
      `mailgun-events/2026/11/24/${ids[1]}.json`,
    ]);
  });

  test('for an unknown kind of event, which is stored under its content', async () => {
    const opened = anEvent({ kind: 'opened' });
    const hashes = [];
    for (const event of [opened, opened, anEvent({ kind: 'clicked' })])
      hashes.push((await idOf(await postEvent(rig, event))).slice('2026-11-23-'.length));
    expect(hashes[1]).toBe(hashes[0]);
    expect(hashes[2]).not.toBe(hashes[0]);
    expect((await kept()).marks).toHaveLength(3);
  });

  test('for exactly 1 MB', async () => {
    const event = JSON.stringify(anEvent());
    await idOf(await post(rig, ROUTE, event + ' '.repeat(MiB - event.length)));
  });
});

test('401 for an event without a valid signature', async () => {
  for (const event of [anEvent({ proof: 'wrong' }), {}])
    expect((await problem(await postEvent(rig, event), 401)).detail).toBe('The signature is wrong.');
  await nothingIsLeft();
});

test('404 for another path, 405 for another method', async () => {
  for (const route of ['mailgun/events/', 'mailgun/event', 'mime/events'])
    await problem(await post(rig, route, JSON.stringify(anEvent())), 404);
  for (const method of ['GET', 'PUT', 'DELETE']) {
    const answer = await fetch(`${rig.url}/webhooks/${ROUTE}`, { method });
    await problem(answer, 405);
    expect(answer.headers.get('allow')).toBe('POST');
  }
  await nothingIsLeft();
});

describe('406', () => {
  const refused = async (answer: Response): Promise<unknown> => {
    const { reason } = await problem(answer, 406);
    await nothingIsLeft();
    return reason;
  };

  test.each([
    '',
    '[]',
    'null',
    '"text"',
    '17',
    '{"proof": "right"',
    'a=b&c=d',
    '\u0000',
    '['.repeat(200_000),
  ])('for a body that is not a JSON object: %#', async (body) => {
    expect(await refused(await post(rig, ROUTE, body))).toBe('the body is not a JSON object');
  });

  test('a compressed body', async () => {
    expect(await refused(await post(rig, ROUTE, '{}', { 'content-encoding': 'gzip' }))).toContain(
      'compressed',
    );
  });

  test('over 1 MB, whether the length is announced or not', async () => {
    const large = JSON.stringify(anEvent()).padEnd(MiB + 1);
    expect(await refused(await post(rig, ROUTE, large))).toContain(`${MiB} bytes`);
    const streamed = await fetch(`${rig.url}/webhooks/${ROUTE}`, {
      method: 'POST',
      body: new Blob([large]).stream(),
      duplex: 'half',
    });
    expect(await refused(streamed)).toContain(`${MiB} bytes`);
  });
});

describe('503', () => {
  test.each(['Content-Length: 1000', 'Transfer-Encoding: chunked'])(
    'a body that ends early: %s',
    async (head) => {
      const socket = createConnection(rig.port, '127.0.0.1');
      let answer = '';
      socket.on('data', (data) => (answer += data.toString()));
      const body = JSON.stringify(anEvent());
      const chunk = head.startsWith('T') ? `${body.length.toString(16)}\r\n${body}\r\n` : body;
      socket.end(`POST /webhooks/${ROUTE} HTTP/1.1\r\nHost: x\r\n${head}\r\n\r\n${chunk}`);
      await once(socket, 'close');
      expect(answer.split('\r\n', 1)[0]).toBe('HTTP/1.1 503 Service Unavailable');
      await nothingIsLeft();
    },
  );

  test('when the store fails', async () => {
    await rig.close();
    rig = await startRig({
      outbound: fakeOutbound,
      wrap: (storage) =>
        Object.assign(Object.create(storage) as typeof storage, {
          put: () => Promise.reject(Object.assign(new Error('no space left'), { code: 'ENOSPC' })),
        }),
    });
    await problem(await postEvent(rig, anEvent()), 503);
    await nothingIsLeft();
  });
});
