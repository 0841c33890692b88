import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { sanitiseHtml } from '../../../src/mail/html.ts';
import type { AttachmentRow, Models } from '../../../src/infra/models/index.ts';
import { composedBytes, MAX_COMPOSED_BYTES, withComposed } from '../../../src/core/replies/compose.ts';
import { createFileStorage } from '../../../src/infra/storage/fileStorage.ts';
import { NotStoredError, type Storage } from '../../../src/infra/storage/storage.ts';
import { newId } from '../../../src/lib/ids.ts';
import { freshModels } from '../../support/mongodb.ts';
import { WORKSPACE } from '../../support/house.ts';
import { saveReply, type Reply } from '../../support/replies.ts';
import { readTwice } from './composeRead.ts';

let models: Models;
let storage: Storage;
const folder = await mkdtemp(path.join(tmpdir(), 'postroom-compose-'));
beforeAll(async () => {
  models = await freshModels();
  await models.Workspace.create({ _id: WORKSPACE, name: 'One', created_at: new Date() });
  storage = await createFileStorage(folder);
});
afterAll(async () => {
  await models.connection.close();
  await rm(folder, { recursive: true, force: true });
});
afterEach(async () => expect(await readdir(storage.spoolDir)).toEqual([]));

const newReply = (change: Parameters<typeof saveReply>[2] = {}): Promise<Reply> =>
  saveReply(
    { models },
    { kind: 'ticket', id: newId() },
    {
      from: { email: 'support@acme.test', name: 'Acme' },
      ...change,
    },
  );

async function addFile(
  row: Reply,
  filename: string,
  bytes: Buffer,
  change: Partial<AttachmentRow> = {},
): Promise<AttachmentRow> {
  const position = await models.Attachment.countDocuments({ message_id: row._id });
  const file: AttachmentRow = {
    _id: newId(),
    workspace_id: row.workspace_id,
    audience: row.audience,
    message_id: row._id,
    position,
    filename,
    content_type: 'application/octet-stream',
    size: bytes.length,
    inline: false,
    content_id: null,
    state: 'stored',
    reason: null,
    key: `attachments/${row.workspace_id}/${row._id}/${position}`,
    created_at: new Date(),
    ...change,
  };
  await models.Attachment.create(file);
  if (file.key !== null) await storage.put(file.key, bytes);
  return file;
}

const composed = (row: Reply): Promise<Buffer> =>
  withComposed({ models, storage }, row, async (file, size) => {
    const mail = await readFile(file);
    expect(size).toBe(mail.length);
    return mail;
  });

test('a reply with everything', async () => {
  const html = sanitiseHtml(
    '<p>See <img src="cid:logo@acme" alt="logo">, <img src="https://x.test/p.png"> and <a href="https://x.test/">here</a>.</p>',
  ).html;
  const row = await newReply({
    reply_to: [{ email: 'help@acme.test', name: '' }],
    to: [{ email: 'ann@client.test', name: 'Lee, Ann' }],
    cc: [{ email: 'bob@client.test', name: 'Böb' }],
    subject: 'Re: Größe',
    text: 'See\nhere.',
    html,
    in_reply_to: '<b@client.test>',
    references: ['<a@client.test>', '<b@client.test>'],
    outbound: {
      bcc: [{ email: 'hidden@acme.test', name: 'Hidden' }],
      due_at: new Date('2026-11-23T10:00:00Z'),
    },
  });
  const [image, bill] = [randomBytes(500), randomBytes(5_000)];
  await addFile(row, 'bill.pdf', bill, { content_type: 'application/pdf' });
  await addFile(row, 'logo.png', image, { content_type: 'image/png', inline: true, content_id: 'logo@acme' });

  const mail = await composed(row);
  const { mailparser, postalMime } = await readTwice(mail);
  for (const read of [mailparser, postalMime]) {
    expect({ ...read, date: new Date(read.date).toISOString() }).toEqual({
      from: { email: 'support@acme.test', name: 'Acme' },
      replyTo: [{ email: 'help@acme.test', name: '' }],
      to: [{ email: 'ann@client.test', name: 'Lee, Ann' }],
      cc: [{ email: 'bob@client.test', name: 'Böb' }],
      subject: 'Re: Größe',
      messageId: row.message_id,
      inReplyTo: '<b@client.test>',
      references: ['<a@client.test>', '<b@client.test>'],
      date: '2026-11-23T10:00:00.000Z',
      text: 'See\nhere.',
      html: '<p>See <img src="cid:logo@acme" alt="logo" />, <img src="https://x.test/p.png" /> and <a href="https://x.test/">here</a>.</p>',
      files: [
        {
          filename: 'logo.png',
          contentType: 'image/png',
          contentId: 'logo@acme',
          disposition: 'inline',
          bytes: image,
        },
        {
          filename: 'bill.pdf',
          contentType: 'application/pdf',
          contentId: null,
          disposition: 'attachment',
          bytes: bill,
        },
      ],
    });
  }
  expect(mail.toString('latin1')).not.toMatch(/hidden@|data-src|_blank|^(?:bcc|x-mailer|auto-submitted):/im);
  expect((await composed(row)).equals(mail)).toBe(true);
});

test('HTML alone gets a text part made from it', async () => {
  const row = await newReply({ text: '', html: '<p>It <b>arrives</b></p><ul><li>tomorrow</li></ul>' });
  const { mailparser, postalMime } = await readTwice(await composed(row));
  expect(mailparser).toMatchObject({ text: 'It arrives\n\n * tomorrow', html: row.html });
  expect(postalMime).toMatchObject({ text: mailparser.text, html: row.html });
});

test('nothing but a file', async () => {
  const row = await newReply({ text: '', html: null });
  const bytes = Buffer.from('hello');
  await addFile(row, 'Отчёт 📎.txt', bytes, { content_type: 'text/plain' });
  const { mailparser, postalMime } = await readTwice(await composed(row));
  for (const read of [mailparser, postalMime])
    expect(read).toMatchObject({ text: '', html: null, files: [{ filename: 'Отчёт 📎.txt', bytes }] });
});

test('pasted images become parts: many programs show no others', async () => {
  const image = randomBytes(300);
  const tag = `<img src="data:image/png;base64,${image.toString('base64')}" alt="x">`;
  const row = await newReply({ html: sanitiseHtml(`<p>${tag}and again ${tag}</p>`).html });
  const { mailparser, postalMime } = await readTwice(await composed(row));
  const cid = mailparser.files[0]!.contentId!;
  for (const read of [mailparser, postalMime]) {
    expect(read.files).toMatchObject([
      {
        filename: 'image-1.png',
        contentType: 'image/png',
        contentId: cid,
        disposition: 'inline',
        bytes: image,
      },
    ]);
    expect(read.html).toBe(
      `<p><img src="cid:${cid}" alt="x" />and again <img src="cid:${cid}" alt="x" /></p>`,
    );
  }
  expect(await composedBytes(row, [])).toBe((await composed(row)).length);
});

test('an image that the HTML does not show is an ordinary file; a missing one has no source', async () => {
  const row = await newReply({ html: sanitiseHtml('<img src="cid:gone"><img src="cid:page">').html });
  const image = { content_type: 'image/png', inline: true };
  await addFile(row, 'unused.png', Buffer.from('unused'), { ...image, content_id: 'unused' });
  await addFile(row, 'page.html', Buffer.from('<b>no image</b>'), {
    content_type: 'text/html',
    content_id: 'page',
  });
  const { mailparser, postalMime } = await readTwice(await composed(row));
  for (const read of [mailparser, postalMime]) {
    expect(read.html).toBe('<img /><img />');
    expect(read.files).toMatchObject([
      { filename: 'unused.png', contentId: null, disposition: 'attachment' },
      { filename: 'page.html', contentId: null, disposition: 'attachment' },
    ]);
  }
});

test.each(['an image', 'größe', 'a"b>c<d&e', 'x%20y', '%', "'(),;:\\"])(
  'a Content-Id that no header takes, %j, is given another',
  async (cid) => {
    const html = sanitiseHtml(`<img src="cid:${encodeURIComponent(cid)}">`).html;
    const row = await newReply({ html });
    const bytes = randomBytes(50);
    await addFile(row, 'i.png', bytes, { content_type: 'image/png', inline: true, content_id: cid });
    const { mailparser, postalMime } = await readTwice(await composed(row));
    for (const read of [mailparser, postalMime]) {
      expect(read.files).toMatchObject([{ bytes, disposition: 'inline' }]);
      expect(read.files[0]!.contentId).toMatch(/^[\w.+@-]+$/);
      expect(read.html).toBe(`<img src="cid:${read.files[0]!.contentId}" />`);
    }
  },
);

test('files of another message or workspace, and files that are not stored, are not sent', async () => {
  const row = await newReply();
  await addFile(row, 'ours.txt', Buffer.from('ours'));
  await addFile(row, 'theirs.txt', Buffer.from('theirs'), { workspace_id: 'w2' });
  await addFile(row, 'failed.txt', Buffer.from('failed'), { state: 'failed', key: null });
  await addFile(await newReply(), 'other.txt', Buffer.from('other'));
  const { mailparser } = await readTwice(await composed(row));
  expect(mailparser.files.map(({ filename }) => filename)).toEqual(['ours.txt']);
});

test('a missing file is reported, and nothing is sent or left behind', async () => {
  const row = await newReply();
  await addFile(row, 'here.bin', randomBytes(200_000));
  const { key } = await addFile(row, 'gone.bin', randomBytes(10));
  await storage.delete(key!);
  let used = false;
  const use = async () => void (used = true);
  await expect(withComposed({ models, storage }, row, use)).rejects.toThrow(NotStoredError);
  expect(used).toBe(false);
});

test('a mail that fails to compose leaves nothing behind either', async () => {
  const failing = withComposed({ models, storage }, await newReply(), () => Promise.reject(new Error('no')));
  await expect(failing).rejects.toThrow('no');
});

describe('the size of a mail before it is composed', () => {
  test('is exact for any content', async () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 400 }),
      fc
        .array(fc.constantFrom('word ', 'ü', '字', '\n', '\r\n', '. ', '=', '-- \n', 'x'.repeat(90), ' \n'))
        .map((parts) => parts.join('')),
    );
    const filename = fc.constantFrom('a.pdf', 'Отчёт.pdf', `${'長'.repeat(200)}.pdf`, '');
    const file = fc.record({ filename, size: fc.nat(500), shown: fc.boolean() });
    const saved = await newReply();
    await fc.assert(
      fc.asyncProperty(text, fc.option(text), fc.array(file, { maxLength: 2 }), async (text, html, files) => {
        const images = files.map(({ shown }, n) => (shown ? `<img src="cid:i${n}">` : '')).join('');
        const sanitised = html === null ? null : sanitiseHtml(html + images).html;
        const row = { ...saved, _id: newId(), text, html: sanitised };
        const rows: AttachmentRow[] = [];
        for (const [n, { filename, size, shown }] of files.entries())
          rows.push(
            await addFile(row, filename, randomBytes(size), {
              content_type: 'image/png',
              inline: shown,
              content_id: `i${n}`,
            }),
          );
        expect(await composedBytes(row, rows)).toBe((await composed(row)).length);
      }),
      { numRuns: 10 },
    );
  });

  test('is a little too high while the sender is not known', async () => {
    const row = await newReply();
    const name = '部署'.repeat(60);
    const known = (
      await composed({
        ...row,
        from: { email: 'support@acme.test', name },
        reply_to: [{ email: 'help@acme.test', name }],
      })
    ).length;
    const estimate = await composedBytes({ ...row, from: { email: '', name: '' } }, []);
    expect(estimate).toBeGreaterThanOrEqual(known);
    expect(estimate).toBeLessThan(known + 2_000);
  });

  test('says that 18 MB of files fit, and 19 do not', async () => {
    const row = await newReply();
    const sized = (size: number) => ({
      _id: 'f',
      filename: 'a.zip',
      content_type: 'application/zip',
      content_id: null,
      size,
    });
    const MB = 1024 * 1024;
    expect(await composedBytes(row, [sized(18 * MB)])).toBeLessThan(MAX_COMPOSED_BYTES);
    expect(await composedBytes(row, [sized(10 * MB), sized(9 * MB)])).toBeGreaterThan(MAX_COMPOSED_BYTES);
  });
});
