import { once } from 'node:events';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import yauzl from 'yauzl';
import type { AttachmentRow } from '../../src/infra/models/index.ts';
import { zipOf } from '../../src/api/zip.ts';
import { createWorld, rows, storedFile, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

async function message(audience = 'tickets') {
  const kind = audience === 'tickets' ? ('ticket' as const) : ('conversation' as const);
  const { _id: thread_id } = await rows[kind](world.models, { audience });
  const { _id } = await rows.message(world.models, {
    thread_kind: kind,
    thread_id,
    audience,
    subject: 'Bílls',
  });
  return { id: _id, zip: `/${kind}s/${thread_id}/messages/${_id}/attachments.zip` };
}
const add = (message_id: string, filename: string, body: string | Buffer, row: Partial<AttachmentRow> = {}) =>
  storedFile(world, body, { message_id, filename, ...row });

/** Name and content of each entry. */
async function entriesOf(answer: Response): Promise<[string, string][]> {
  const open = promisify<Buffer, yauzl.Options, yauzl.ZipFile>(yauzl.fromBuffer);
  const zip = await open(Buffer.from(await answer.arrayBuffer()), { lazyEntries: true });
  const entries: [string, string][] = [];
  zip.on('entry', (entry: yauzl.Entry) =>
    zip.openReadStream(entry, (_, stream) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        entries.push([entry.fileName, Buffer.concat(chunks).toString()]);
        zip.readEntry();
      });
    }),
  );
  zip.readEntry();
  await once(zip, 'end');
  return entries;
}

test('all files of a message are in one archive, each under a name of its own', async () => {
  const { id, zip } = await message();
  await add(id, 'bill.pdf', 'one', { position: 0 });
  await add(id, 'Bill.pdf', 'two', { position: 1 });
  await add(id, '../../../etc/пароль', 'three', { position: 2 });
  await rows.attachment(world.models, {
    message_id: id,
    filename: 'film.mp4',
    state: 'too_large',
    reason: 'it has 40 MB',
    position: 3,
  });
  const answer = await world.get(zip, world.tokens.max);
  expect(answer.headers.get('content-type')).toBe('application/zip');
  expect(answer.headers.get('content-disposition')).toBe(
    `attachment; filename="B_lls.zip"; filename*=UTF-8''B%C3%ADlls.zip`,
  );
  expect(await entriesOf(answer)).toEqual([
    ['bill.pdf', 'one'],
    ['Bill (2).pdf', 'two'],
    ['.._.._.._etc_пароль', 'three'],
    ['Files that are not stored.txt', 'film.mp4: it has 40 MB\n'],
  ]);
});

test('a message without files, or whose files are still fetched, has no archive', async () => {
  const { id, zip } = await message();
  expect((await world.get(zip, world.tokens.max)).status).toBe(404);
  await rows.attachment(world.models, { message_id: id, state: 'pending' });
  const answer = await world.get(zip, world.tokens.max);
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([409, '2']);
});

test('the archive of a personal mail is for its owner alone', async () => {
  const { id, zip } = await message('owner:dana');
  await add(id, 'a.txt', 'secret', { audience: 'owner:dana' });
  const users = [world.tokens.dana, world.tokens.max, world.tokens.stranger];
  const answers = await Promise.all(users.map((token) => world.get(zip, token)));
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 404]);
});

test('an archive that cannot be completed is broken off, not passed off as whole', async () => {
  const { id, zip } = await message();
  await add(id, 'a.txt', Buffer.alloc(300_000), { position: 0 });
  const lost = await add(id, 'b.txt', 'lost', { position: 1 });
  const { key } = await world.models.Attachment.findById(lost).orFail().lean<AttachmentRow>();
  await world.storage.delete(key as string);
  await expect(
    (async () => {
      const answer = await world.get(zip, world.tokens.max);
      await answer.arrayBuffer();
    })(),
  ).rejects.toThrow();
});

test('one file is open at a time, and none when the client goes away', async () => {
  const opened: Readable[] = [];
  let most = 0;
  const storage = {
    read: (): Promise<Readable> => {
      most = Math.max(most, opened.filter((file) => !file.readableEnded).length);
      const bytes = Readable.from(Array.from({ length: 20 }, () => Buffer.alloc(64 * 1024)));
      opened.push(bytes);
      return Promise.resolve(bytes);
    },
  };
  const row = { key: 'k', state: 'stored', filename: 'a.bin', created_at: T0 } as AttachmentRow;
  const whole = zipOf([row, row, row], storage);
  whole.resume();
  await once(whole, 'end');
  expect([opened.length, most]).toEqual([3, 0]);

  const broken = zipOf([row, row], storage);
  await once(broken, 'readable');
  broken.destroy();
  await once(opened[3]!, 'close');
  expect(opened).toHaveLength(4);
});
