import { until } from './until.ts';
import { API_KEY, readPost, localMailgunFor, startReceiver, valuesOf } from './receiver.ts';

let receiver: Awaited<ReturnType<typeof startReceiver>>;
let localMailgun: Awaited<ReturnType<typeof localMailgunFor>>;
beforeEach(async () => {
  receiver = await startReceiver();
  localMailgun = await localMailgunFor(receiver, { retrySpeed: 60_000 });
});
afterEach(async () => {
  await localMailgun.close();
  await receiver.close();
});

const mail = (subject: string) => ({ from: 'a@client.test', to: ['s@postroom.test'], subject, text: 'x' });
const subjects = async () =>
  (await Promise.all(receiver.posts.map(readPost))).map((read) => valuesOf(read, 'subject')[0]);

describe('posts', () => {
  test('doubled: the same post twice', async () => {
    localMailgun.faults.set({ posts: { double: true, times: 1 } });
    const { deliveries } = await localMailgun.receive(mail('twice'));
    await localMailgun.receive(mail('once'));
    expect(receiver.posts).toHaveLength(3);
    expect(receiver.posts[0]!.raw.equals(receiver.posts[1]!.raw)).toBe(true);
    expect(deliveries[0]!.tries.map((one) => one.status)).toEqual([200, 200]);
  });

  test('delayed', async () => {
    localMailgun.faults.set({ posts: { delay_ms: 150 } });
    const began = Date.now();
    await localMailgun.receive(mail('late'));
    expect(Date.now() - began).toBeGreaterThanOrEqual(145);
  });

  test('reordered: they wait, then are sent in reverse order', async () => {
    localMailgun.faults.set({ posts: { reorder: 3 } });
    const received = [];
    for (const subject of ['one', 'two'])
      received.push(await localMailgun.receive(mail(subject), { wait: 'none' }));
    expect(received[0]!.deliveries).toMatchObject([{ outcome: 'waiting', tries: [] }]);
    await localMailgun.receive(mail('three'), { wait: 'none' });
    await until('all posts', () => receiver.posts.length === 3);
    expect(await subjects()).toEqual(['three', 'two', 'one']);
  });

  test('posts that wait are sent when the fault is cleared', async () => {
    localMailgun.faults.set({ posts: { reorder: 5 } });
    for (const subject of ['one', 'two']) await localMailgun.receive(mail(subject), { wait: 'none' });
    expect(receiver.posts).toEqual([]);
    localMailgun.faults.clear();
    await until('all posts', () => receiver.posts.length === 2);
    expect(await subjects()).toEqual(['two', 'one']);
  });
});

describe('attachment URLs', () => {
  const bytes = Buffer.alloc(300_000, 'attachment ');
  const get = (url: string, signal?: AbortSignal) =>
    fetch(url, {
      headers: { authorization: `Basic ${Buffer.from(`api:${API_KEY}`).toString('base64')}` },
      ...(signal ? { signal } : {}),
    });
  async function stored(): Promise<string> {
    await localMailgun.receive(
      { ...mail('file'), attachments: [{ filename: 'a.bin', content: bytes }] },
      { form: 'store' },
    );
    const read = await readPost(receiver.posts[0]!);
    return (JSON.parse(valuesOf(read, 'attachments')[0]!) as { url: string }[])[0]!.url;
  }

  test.each([404, 500] as const)('answer %d twice, then work again', async (answer) => {
    const url = await stored();
    localMailgun.faults.set({ attachments: { answer, times: 2 } });
    expect([(await get(url)).status, (await get(url)).status]).toEqual([answer, answer]);
    expect(Buffer.from(await (await get(url)).arrayBuffer()).equals(bytes)).toBe(true);
  });

  test('hang: no answer at all', async () => {
    const url = await stored();
    localMailgun.faults.set({ attachments: { answer: 'hang' } });
    await expect(get(url, AbortSignal.timeout(150))).rejects.toThrow(/timeout/);
    await expect(get(url, AbortSignal.timeout(150))).rejects.toThrow(/timeout/);
  });

  test('are cut off after half of the bytes', async () => {
    const url = await stored();
    localMailgun.faults.set({ attachments: { answer: 'cut', times: 1 } });
    const response = await get(url);
    expect(response.headers.get('content-length')).toBe('300000');
    let got = 0;
    await expect(
      (async () => {
        for await (const chunk of response.body!) got += (chunk as Uint8Array).length;
      })(),
    ).rejects.toThrow();
    expect(got).toBe(150_000);
    expect((await (await get(url)).arrayBuffer()).byteLength).toBe(300_000);
  });
});
