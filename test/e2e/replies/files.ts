import { randomBytes } from 'node:crypto';
import { caps } from '../../../src/mail/caps.ts';
import {
  inState,
  mailIn,
  opened,
  openedReply,
  outboxOf,
  postReply,
  reply,
  type Opened,
} from '../../support/outgoing.ts';
import { sharedStack } from '../../support/sharedStack.ts';
import { TOKENS, type Stack } from '../../support/stack.ts';

describe('files of replies', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await sharedStack();
  });

  const MB = 1024 * 1024;
  const PNG = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    'base64',
  );

  interface Uploaded {
    id: string;
    filename: string;
    content_type: string;
    size: number;
    content_id: string;
  }

  /** A form with the file in `file`, as curl -F makes it. */
  async function upload(name: string, type: string, content: Buffer, token?: string): Promise<Uploaded> {
    const form = new FormData();
    form.append('file', new Blob([content], { type }), name);
    const answer = await stack.request('POST', 'attachments', form, { token: token ?? TOKENS.owner });
    expect(answer.status).toBe(201);
    return (await answer.json()) as Uploaded;
  }

  /** The file itself as the body, as curl --data-binary posts it. */
  const postRaw = (query: string, type: string, content: Buffer): Promise<Response> =>
    stack.request('POST', `attachments${query}`, content, { headers: { 'Content-Type': type } });

  /** Name, type and bytes of every file of a mail, as both programs read them. */
  function filesOf({ mailparser, postal }: Opened) {
    const files = postal.attachments.map(({ filename, mimeType, content, disposition, contentId }) => ({
      filename,
      type: mimeType,
      bytes: Buffer.from(content as ArrayBuffer),
      disposition,
      cid: contentId?.replace(/^<|>$/g, ''),
    }));
    const again = mailparser.attachments.map(({ filename, contentType, content }) => [
      filename,
      contentType,
      content.length,
    ]);
    expect(again.sort()).toEqual(
      files.map(({ filename, type, bytes }) => [filename, type, bytes.length]).sort(),
    );
    return files;
  }

  test('files reach the customer with their names, types and bytes, and are shown in the thread', async () => {
    const { path } = await mailIn(stack);
    const pdf = Buffer.concat([Buffer.from('%PDF-1.4\n'), randomBytes(200_000)]);
    const formed = await upload('Счёт № 7.pdf', 'application/pdf', pdf);
    const raw = await postRaw(
      `?filename=${encodeURIComponent('請求書 (最終).xlsx')}`,
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      randomBytes(1_000),
    );
    expect(raw.status).toBe(201);
    const sheet = (await raw.json()) as Uploaded;
    const text = await upload(
      'notes.txt',
      'text/plain; charset=utf-8',
      Buffer.from('Größe\r\n.\r\nFrom here\n'),
    );
    const empty = await upload('empty.bin', 'application/octet-stream', Buffer.alloc(0));
    expect(formed).toMatchObject({
      filename: 'Счёт № 7.pdf',
      content_type: 'application/pdf',
      size: pdf.length,
    });

    const attachments = [formed.id, sheet.id, text.id, empty.id];
    const sent = await reply(stack, path, { text: 'See the files.', attachments });
    const got = await openedReply(stack, sent.message_id);
    const files = filesOf(got);
    expect(files.map(({ filename }) => filename)).toEqual([
      'Счёт № 7.pdf',
      '請求書 (最終).xlsx',
      'notes.txt',
      'empty.bin',
    ]);
    expect(files.map(({ disposition }) => disposition)).toEqual(Array(4).fill('attachment'));
    expect(files[0]!.bytes.equals(pdf)).toBe(true);
    expect(files[2]!.bytes.toString()).toBe('Größe\r\n.\r\nFrom here\n');
    expect(got.postal.text?.trim()).toBe('See the files.');

    const shown = await inState(stack, path, sent.id, 'delivered');
    expect(shown.attachments.map(({ filename, inline }) => [filename, inline])).toEqual(
      files.map(({ filename }) => [filename, false]),
    );
    const download = await fetch(new URL(shown.attachments[0]!.url, stack.webUrl), {
      headers: { Authorization: `Bearer ${TOKENS.dana}` },
    });
    expect(Buffer.from(await download.arrayBuffer()).equals(pdf)).toBe(true);
  });

  test('an image in the HTML is a part of the mail that the HTML shows, and no attachment', async () => {
    const { path } = await mailIn(stack);
    const logo = await upload('logo.png', 'image/png', PNG);
    const extra = await upload('photo.png', 'image/png', PNG);
    const html =
      `<p>Look: <img src="cid:${logo.content_id}" alt="logo"></p>` +
      '<p><a href="https://client.test/?a=1&amp;b=2">here</a></p><script>alert(1)</script>';
    const sent = await reply(stack, path, { html, attachments: [logo.id, extra.id] });

    const got = await openedReply(stack, sent.message_id);
    const [inline, attached] = filesOf(got);
    expect(inline).toMatchObject({ filename: 'logo.png', type: 'image/png', disposition: 'inline' });
    expect(inline!.bytes.equals(PNG)).toBe(true);
    expect(attached).toMatchObject({ filename: 'photo.png', disposition: 'attachment' });
    expect(got.raw).toContain('multipart/related');
    for (const shown of [got.postal.html]) {
      expect(shown).toContain(`src="cid:${inline!.cid}"`);
      expect(shown).toContain('href="https://client.test/?a=1&amp;b=2"');
      expect(shown).not.toContain('script');
    }
    // mailparser puts the image into the HTML, where it finds it.
    expect(got.mailparser.html).toContain('src="data:image/png;base64,');
    // Made for those whose program shows no HTML.
    expect(got.postal.text).toMatch(/Look:/);
    expect(got.postal.text).toContain('https://client.test/?a=1&b=2');

    const shown = await inState(stack, path, sent.id, 'delivered');
    expect(shown.attachments.map(({ filename, inline: isInline }) => [filename, isInline])).toEqual([
      ['logo.png', true],
      ['photo.png', false],
    ]);
    const src = /src="([^"]+)"/.exec(shown.html ?? '')?.[1]?.replaceAll('&amp;', '&') ?? '';
    const image = await fetch(new URL(src, stack.webUrl));
    expect(Buffer.from(await image.arrayBuffer()).equals(PNG)).toBe(true);
  });

  test('text alone is one text part; text with HTML are two of the same mail', async () => {
    const { path } = await mailIn(stack);
    const words = 'Grüße,\n\n> quoted\n.\nFrom me — ✓ ' + 'long '.repeat(300);
    const plain = await openedReply(stack, (await reply(stack, path, { text: words })).message_id);
    for (const text of [plain.postal.text, plain.mailparser.text])
      expect(text?.replaceAll('\r\n', '\n').trimEnd()).toBe(words.trimEnd());
    expect(plain.postal.html).toBeUndefined();
    expect(plain.raw).not.toContain('multipart/');

    const both = { text: 'As text.', html: '<p>As <i>HTML</i>.</p>' };
    const two = await openedReply(stack, (await reply(stack, path, both)).message_id);
    expect(two.raw).toContain('multipart/alternative');
    expect(two.postal.text?.trim()).toBe('As text.');
    expect(two.postal.html).toContain('<i>HTML</i>');
  });

  describe('sizes', () => {
    test('18 MB of files go out whole, to each recipient', async () => {
      const { path } = await mailIn(stack, { cc: ['bob@else.test'] });
      const contents = [randomBytes(10 * MB), randomBytes(8 * MB)];
      const ids = [];
      for (const [n, content] of contents.entries())
        ids.push((await upload(`${n}.bin`, 'application/octet-stream', content)).id);
      const sent = await reply(stack, path, { text: 'All of it.', attachments: ids });
      for (const mail of await outboxOf(stack, sent.message_id, 2)) {
        const files = filesOf(await opened(mail));
        expect(files.map(({ bytes }, n) => bytes.equals(contents[n]!))).toEqual([true, true]);
      }
      await inState(stack, path, sent.id, 'delivered');
    });

    test('a mail over 25 MB is refused with both numbers, and nothing is saved', async () => {
      const { message, path } = await mailIn(stack);
      const ids = [];
      for (const n of [1, 2]) ids.push((await upload(`${n}.bin`, 'x/y', Buffer.alloc(10 * MB))).id);
      const answer = await postReply(stack, path, { text: 'Too much.', attachments: ids });
      expect(answer.status).toBe(422);
      const problem = JSON.stringify(await answer.json());
      expect(problem).toContain(String(25 * MB));
      const numbers = [...problem.matchAll(/\d{7,}/g)].map(Number);
      expect(Math.max(...numbers)).toBeGreaterThan(25 * MB);
      const outbound = { thread_id: message.thread_id, direction: 'outbound' } as const;
      expect(await stack.models.Message.countDocuments(outbound)).toBe(0);
      // The files are still there for another try.
      await reply(stack, path, { text: 'One of them.', attachments: ids.slice(0, 1) });
    });

    test('an upload of 25 MB is taken, one byte more is 413; nothing of it stays', async () => {
      const whole = await upload('whole.bin', 'x/y', Buffer.alloc(caps.fileBytes));
      expect(whole.size).toBe(25 * MB);
      const answer = await postRaw('?filename=over.bin', 'x/y', Buffer.alloc(caps.fileBytes + 1));
      expect(answer.status).toBe(413);
      expect(await stack.models.Attachment.countDocuments({ filename: 'over.bin' })).toBe(0);
    });
  });

  test('an upload of another user, one that is used already, and one that does not exist: 422', async () => {
    const { path } = await mailIn(stack);
    const used = await upload('a.txt', 'text/plain', Buffer.from('a'));
    await reply(stack, path, { text: 'With it.', attachments: [used.id] });
    const danas = await upload('d.txt', 'text/plain', Buffer.from('d'), TOKENS.dana);
    for (const id of [used.id, danas.id, 'nothing']) {
      const answer = await postReply(stack, path, { text: 'Again.', attachments: [id] });
      expect(answer.status).toBe(422);
      expect(JSON.stringify(await answer.json())).toContain('attachments');
    }
    // Until a message has it, only its uploader sees it.
    expect((await stack.api(`attachments/${danas.id}`)).status).toBe(404);
    expect((await stack.api(`attachments/${danas.id}`, TOKENS.dana)).status).toBe(200);
  });
});
