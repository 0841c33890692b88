import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createParserPool } from '../../../src/infra/parser/createParserPool.ts';
import { ParserBroke, type DigestJob, type ParserPool } from '../../../src/infra/parser/pool.ts';
import { postOf } from './post.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'pool-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** For what ends by itself, also on a machine that does much else. */
const AMPLE_MS = 240_000;
const QUICK = { lane: 'quick', group: 'one', limitMs: AMPLE_MS } as const;
const SLOW = { ...QUICK, lane: 'slow' } as const;

let count = 0;
function mime(...content: (string | Buffer)[]): DigestJob {
  const file = path.join(folder, `${count++}.eml`);
  writeFileSync(file, Buffer.concat(content.map((part) => Buffer.from(part as string))));
  return postOf('mime', { mime: file });
}
const HEAD = 'From: Ann <ann@x.test>\r\nSubject: s\r\n';
const hello = mime(HEAD, 'Content-Type: text/html\r\n\r\n<p>Hello</p>');
/** Each line is compared with each of 400 boundaries: longer than anyone waits. */
const endless = mime(
  HEAD,
  Array.from(
    { length: 400 },
    (_, n) =>
      `Content-Type: multipart/mixed; boundary=${'b'.repeat(60)}${n}\r\n\r\n--${'b'.repeat(60)}${n}\r\n`,
  ).join(''),
  '\r\n',
  Buffer.alloc(100_000_000, `--${'b'.repeat(62)}\r\n`),
);
const heavy = mime(HEAD, 'Content-Type: text/html\r\n\r\n', Buffer.alloc(2_000_000, '<ul><li>x</li></ul>'));

const broke = (cause: ParserBroke['reason']) => (error: unknown) => {
  expect(error).toBeInstanceOf(ParserBroke);
  expect((error as ParserBroke).reason).toBe(cause);
};

describe('a pool', () => {
  let pool: ParserPool;
  beforeAll(() => (pool = createParserPool()));
  afterAll(() => pool.close());

  test('reads a mail', async () => {
    expect(await pool.digest(hello, QUICK)).toMatchObject({
      subject: 's',
      text: 'Hello',
      html: '<p>Hello</p>',
      date: null,
    });
  });

  test('makes an agent’s HTML safe to send, and makes a text of it', async () => {
    const html = '<p onclick="x()">See <img src="cid:a@b"></p><script>x</script>';
    expect(await pool.sanitise(html)).toEqual({
      html: '<p>See <img src="postroom-cid:a%40b" /></p>',
      text: 'See',
      shownCids: ['a@b'],
      cut: false,
    });
  });

  test('gives up a mail that takes too long, and reads the next ones', async () => {
    await pool
      .digest(endless, { ...QUICK, limitMs: 300 })
      .then(() => expect('read').toBe('ended'), broke('time'));
    await pool
      .digest(endless, { ...QUICK, limitMs: 300 })
      .then(() => expect('read').toBe('ended'), broke('time'));
    expect(await pool.digest(hello, QUICK)).toMatchObject({ text: 'Hello' });
  });

  test('a slow mail delays none of the quick ones', async () => {
    let slowIsDone = false;
    const stop = new AbortController();
    const slow = pool.digest(endless, { ...SLOW, signal: stop.signal }).catch(() => (slowIsDone = true));
    for (let n = 0; n < 20; n++) await pool.digest(hello, QUICK);
    expect(slowIsDone).toBe(false);
    stop.abort();
    await slow;
  });

  test('the slow mails of one workspace run one at a time, and leave a thread to another one', async () => {
    const stop = new AbortController();
    const slow = [1, 2, 3].map(() =>
      pool.digest(endless, { ...SLOW, signal: stop.signal }).catch(() => 'ended'),
    );
    expect(await pool.digest(hello, { ...SLOW, group: 'another' })).toMatchObject({ text: 'Hello' });
    stop.abort();
    expect(await Promise.all(slow)).toEqual(['ended', 'ended', 'ended']);
  });

  test('mail that broke a thread keeps none that did not from being read', async () => {
    const stop = new AbortController();
    const again = pool.digest(endless, { ...SLOW, lane: 'again', signal: stop.signal }).catch(() => 'ended');
    expect(await pool.digest(hello, SLOW)).toMatchObject({ text: 'Hello' });
    stop.abort();
    expect(await again).toBe('ended');
  });

  test('a job’s time begins with its thread', async () => {
    const first = pool.digest(endless, { ...SLOW, limitMs: 3_000 });
    // Waits longer than it may take.
    const second = pool.digest(hello, { ...SLOW, limitMs: 2_500 });
    await first.then(() => expect('read').toBe('ended'), broke('time'));
    expect(await second).toMatchObject({ text: 'Hello' });
  });

  test('an aborted job, queued or running, is rejected with the given reason', async () => {
    const reason = new Error('cancelled');
    const stop = new AbortController();
    const working = pool.digest(endless, { ...SLOW, signal: stop.signal });
    const waiting = pool.digest(hello, { ...SLOW, signal: stop.signal });
    const ended = Promise.all([working, waiting].map((job) => expect(job).rejects.toBe(reason)));
    stop.abort(reason);
    await ended;
    await expect(pool.digest(hello, { ...QUICK, signal: stop.signal })).rejects.toBe(reason);
    expect(await pool.digest(hello, SLOW)).toMatchObject({ text: 'Hello' });
  });

  test('a system error keeps its code', async () => {
    const gone = postOf('mime', { mime: path.join(folder, 'gone.eml') });
    await expect(pool.digest(gone, QUICK)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(pool.digest(gone, QUICK)).rejects.not.toBeInstanceOf(ParserBroke);
  });

  test('salvages what it cannot read', async () => {
    expect(await pool.salvage(endless)).toMatchObject({
      subject: 's',
      from: { email: 'ann@x.test' },
      text: '',
      files: [],
    });
  });

  test('extracts files', async () => {
    const job = mime(
      HEAD,
      'Content-Type: application/x; name=f\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8=',
    );
    expect(
      await pool.extract(job.files['post.eml']!, [0], folder, { maxBytes: 100, limitMs: AMPLE_MS }),
    ).toEqual([{ part: 0, size: 5 }]);
    expect(readFileSync(path.join(folder, '0'), 'utf8')).toBe('hello');
  });

  test('many at once', async () => {
    const all = await Promise.all(Array.from({ length: 100 }, () => pool.digest(hello, QUICK)));
    expect(all.every((mail) => mail.text === 'Hello')).toBe(true);
  });

  test('every hostile mail is read within its limit', async () => {
    const html = (content: string) => mime(HEAD, 'Content-Type: text/html\r\n\r\n', content);
    const hostile = [
      html('<div>'.repeat(300_000)),
      html('<table><tr><td>x</td></tr></table>'.repeat(600_000)),
      html('<tr><td>x'.repeat(300_000)),
      html('& '.repeat(1_500_000)),
      mime(Array.from({ length: 10_000 }, (_, n) => `X-${n}: v\r\n`).join(''), HEAD, '\r\nbody'),
      mime(
        HEAD,
        'Content-Type: multipart/mixed; boundary=b\r\n\r\n',
        '--b\r\nContent-Type: x/y\r\n\r\nx\r\n'.repeat(500),
      ),
      mime(
        HEAD,
        Array.from(
          { length: 200 },
          (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
        ).join(''),
        '\r\nx',
      ),
      heavy,
    ];
    for (const job of hostile) expect(await pool.digest(job, SLOW)).toMatchObject({ subject: 's' });
  });
});

test('a mail that needs too much memory breaks its own thread only', async () => {
  const small = createParserPool({ heapMb: 24 });
  try {
    await small.digest(heavy, QUICK).then(() => expect('read').toBe('broken'), broke('memory'));
    expect(await small.digest(hello, QUICK)).toMatchObject({ text: 'Hello' });
  } finally {
    await small.close();
  }
});

test('closing ends running jobs and accepts no more', async () => {
  const pool = createParserPool();
  await pool.digest(hello, QUICK);
  const ended = expect(pool.digest(endless, QUICK)).rejects.toThrow('closed');
  await pool.close();
  await ended;
  await expect(pool.digest(hello, QUICK)).rejects.toThrow('closed');
});

test('idle threads do not keep a process alive, and it starts from TypeScript', async () => {
  const program = `import { createParserPool } from './src/infra/parser/createParserPool.ts';
    const pool = createParserPool();
    const mail = await pool.digest(${JSON.stringify(hello)}, { lane: 'quick', group: 'one', limitMs: 20000 });
    process.stdout.write(mail.text);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', program], {
    env: { PATH: process.env.PATH },
  });
  let out = '';
  child.stdout.on('data', (bytes: Buffer) => (out += bytes.toString()));
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect(out).toBe('Hello');
});
