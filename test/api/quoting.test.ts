import { simpleParser } from 'mailparser';
import { readFile } from 'node:fs/promises';
import { withComposed } from '../../src/core/replies/compose.ts';
import type { AttachmentRow, InboundMessageRow, OutboundMessageRow } from '../../src/infra/models/index.ts';
import { sanitiseHtml } from '../../src/mail/html.ts';
import { answerOf, faultsOf } from './answers.ts';
import { askedTicket, createWorld, rows, seedEmails, storedFile, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

interface Asked {
  ticket: string;
  message: string;
}
/** A ticket with one mail. */
async function asked(mail: Partial<InboundMessageRow> = {}): Promise<Asked> {
  const sent = {
    sent_at: new Date('2026-11-03T09:21:00Z'),
    headers: [['Date', 'Tue, 3 Nov 2026 10:21:00 +0100']],
  };
  const ticket = await askedTicket(world, { text: 'Where is it?\n> older', ...(sent as object), ...mail });
  const { _id } = await world.models.Message.findOne({ thread_id: ticket }).orFail().lean();
  return { ticket, message: _id };
}
const reply = (ticket: string, body: object, headers = {}) =>
  answerOf(world.post(`/tickets/${ticket}/messages`, world.tokens.max, body, headers));
const filesOf = (message_id: string) =>
  world.models.Attachment.find({ message_id }).sort({ position: 1 }).lean<AttachmentRow[]>();

/** The mail as it goes out. */
async function mailOf(id: string) {
  const row = await world.models.Message.findById(id).orFail().lean<OutboundMessageRow>();
  const from = { ...row, from: { email: 'support@acme.test', name: '' } };
  return simpleParser(await withComposed(world, from, (file) => readFile(file)), { skipImageLinks: true });
}

test('the original is below the answer, in text and in HTML, with a line in its writer’s time', async () => {
  const { ticket, message } = await asked();
  const { status, body } = await reply(ticket, { html: '<p>Tomorrow</p>', quote: message });
  expect(status).toBe(202);
  expect(body.text).toBe(
    'Tomorrow\n\nOn Tue, 3 Nov 2026 at 10:21, Ann <ann@x.test> wrote:\n> Where is it?\n>> older\n',
  );
  expect(body.html).toMatch(
    /^<p>Tomorrow<\/p><br \/><div data-quote="line">On Tue, 3 Nov 2026 at 10:21, Ann &lt;<a [^>]*>ann@x\.test<\/a>&gt; wrote:<\/div><blockquote [^>]*data-quote="true">Where is it\?<br \/>&gt; older<\/blockquote>$/,
  );
  expect(body.has_quote).toBe(true);
  const mail = await mailOf(body.id);
  expect(mail.html).toContain(
    '<blockquote style="margin:0 0 0 8px;border-left:2px solid #c8c5be;padding-left:12px" type="cite">',
  );
  expect(mail.html).not.toContain('data-quote');
  // Who reads the answer sees it without the quote.
  const view = await (
    await world.get(`/tickets/${ticket}/messages/${body.id}/view`, world.tokens.max)
  ).text();
  expect(view).toContain('Tomorrow');
  expect(view).not.toContain('Where is it');
});

test('a text answer to plain text stays plain text', async () => {
  const { ticket, message } = await asked();
  expect((await reply(ticket, { text: 'Yes', quote: message })).body.html).toBeNull();
});

test('the pictures of the original are parts of the answer, each with bytes of its own', async () => {
  const html = sanitiseHtml(
    '<p>See <img src="cid:p@x"> <img src="cid:lost@x"> <img src="https://track.test/1.gif"></p>',
  ).html;
  const { ticket, message } = await asked({ html });
  const picture = { message_id: message, content_id: 'p@x', content_type: 'image/png', filename: 'p.png' };
  const original = await storedFile(world, 'PNG', { ...picture, inline: true });
  await rows.attachment(world.models, { ...picture, content_id: 'lost@x', state: 'failed', position: 1 });
  const { status, body } = await reply(ticket, { text: 'Nice', quote: message });
  expect(status).toBe(202);
  const [copy, ...others] = await filesOf(body.id);
  expect(others).toEqual([]);
  expect(copy).toMatchObject({ inline: true, filename: 'p.png', audience: 'tickets', copy_of: original });
  const { key } = (await world.models.Attachment.findById(original).lean<AttachmentRow>())!;
  expect(copy!.key).not.toBe(key);
  const mail = await mailOf(body.id);
  expect(mail.html).toContain(`<img src="cid:${copy!.content_id}"`);
  expect(mail.html).toMatch(/<div>Nice<\/div>.*<img \/>.*<img src="https:\/\/track\.test\/1\.gif"/s);
  expect(mail.attachments.map(({ content, cid }) => [content.toString(), cid])).toEqual([
    ['PNG', copy!.content_id],
  ]);
});

test('a forwarded mail has its header, and is shown whole', async () => {
  const { ticket, message } = await asked({ html: '<b>Where</b>', subject: 'WG: Order' });
  const to = ['carl@x.test'];
  const { body } = await reply(ticket, { text: 'FYI', to, kind: 'forward', quote: message });
  expect(body).toMatchObject({
    subject: 'Fwd: Order',
    to: [{ email: 'carl@x.test' }],
    cc: [],
    has_quote: false,
  });
  expect(body.text).toBe(
    'FYI\n\n---------- Forwarded message ----------\nFrom: Ann <ann@x.test>\nDate: Tue, 3 Nov 2026 at 10:21\n' +
      'Subject: WG: Order\nTo: support@acme.test\nCc: Bob <bob@x.test>\n\nWhere is it?\n> older\n',
  );
  expect(body.html).toMatch(/Forwarded message ----------<br \/>From: Ann.*<b>Where<\/b>/s);
  expect(await faultsOf(reply(ticket, { text: 'FYI', kind: 'forward', quote: message }))).toEqual([
    422,
    'to',
  ]);
});

test('only a mail of the thread can be quoted, and a note quotes nothing', async () => {
  const { ticket } = await asked();
  const other = await asked();
  const note = await rows.message(world.models, {
    thread_id: ticket,
    direction: 'note',
    state: 'saved',
  } as object);
  const foreign = await rows.message(world.models, { workspace_id: 'other', thread_id: ticket });
  const personal = await rows.message(world.models, { audience: 'owner:dana', thread_id: ticket });
  for (const quote of [other.message, note._id, foreign._id, personal._id, 'no-such'])
    expect(await faultsOf(reply(ticket, { text: 'x', quote }))).toEqual([422, 'quote']);
  expect(await faultsOf(reply(ticket, { text: 'x', note: true, quote: other.message }))).toEqual([
    422,
    'quote',
  ]);
});

test('what is too large to be quoted is refused', async () => {
  const { ticket, message } = await asked({ text: 'a\n'.repeat(900_000) });
  expect(await faultsOf(reply(ticket, { text: 'x', quote: message }))).toEqual([422, 'quote']);
});

test('repeated and concurrent requests make one message with one copy of each picture', async () => {
  const { ticket, message } = await asked({ html: '<img src="postroom-cid:p" />' });
  await storedFile(world, 'PNG', { message_id: message, content_id: 'p', content_type: 'image/png' });
  const headers = { 'idempotency-key': 'quote-once' };
  const body = { text: 'x', quote: message };
  const answers = await Promise.all([1, 2, 3].map(() => reply(ticket, body, headers)));
  const ids = new Set([...answers, await reply(ticket, body, headers)].map((answer) => answer.body.id));
  expect(ids.size).toBe(1);
  expect(await filesOf([...ids][0]!)).toHaveLength(1);
  expect(await world.models.Attachment.countDocuments({ message_id: '', copy_of: { $exists: true } })).toBe(
    0,
  );
});

test('a reply that is taken back is its draft again, without the copies', async () => {
  const { ticket, message } = await asked({ html: '<img src="postroom-cid:p" />' });
  await storedFile(world, 'PNG', { message_id: message, content_id: 'p', content_type: 'image/png' });
  const draft = await answerOf(
    world.post('/drafts', world.tokens.max, {
      kind: 'reply',
      thread_kind: 'ticket',
      thread_id: ticket,
      text: 'x',
      quote: message,
    }),
  );
  const { body } = await reply(ticket, { text: 'x', quote: message, draft: draft.body.id });
  const taken = await world.delete(`/tickets/${ticket}/messages/${body.id}`, world.tokens.max);
  expect(((await taken.json()) as { draft: object }).draft).toMatchObject({
    text: 'x',
    quote: message,
    attachments: [],
  });
});

describe('pictures that an agent’s HTML shows by URLs of ours', () => {
  const user = { workspaceId: 'acme', userId: 'max', role: 'member' } as const;
  const shows = (url: string) => ({ html: `<p>See</p><img src="${url.replaceAll('&', '&amp;')}" alt="p">` });

  test('become parts of the mail, never its URLs', async () => {
    const { ticket, message } = await asked();
    const picture = { message_id: message, content_id: 'p@x', content_type: 'image/png' };
    const id = await storedFile(world, 'PNG', picture);
    const expired = world.links.signedFile(user, id, T0.getTime());
    for (const url of [world.links.signedFile(user, id), expired, world.links.attachment(user, id)]) {
      const { body } = await reply(ticket, shows(url));
      const mail = await mailOf(body.id);
      expect(mail.attachments.map(({ content }) => content.toString())).toEqual(['PNG']);
      expect(mail.html).toBe(`<p>See</p><img src="cid:${mail.attachments[0]!.cid}" alt="p" />`);
    }
    const note = await reply(ticket, { ...shows(expired), note: true });
    expect(note.body.attachments).toMatchObject([{ inline: true }]);
  });

  test('an upload is taken itself', async () => {
    const { ticket } = await asked();
    const upload = { message_id: '', audience: 'owner:max', content_id: 'u@x', content_type: 'image/png' };
    const id = await storedFile(world, 'PNG', upload);
    const { body } = await reply(ticket, { ...shows(world.links.attachment(user, id)), attachments: [id] });
    expect(body.attachments.map((file) => [file.id, file.inline])).toEqual([[id, true]]);
  });

  test('what the agent cannot see is left out, and so is what is no picture', async () => {
    const { ticket, message } = await asked();
    const personal = {
      message_id: 'm',
      audience: 'owner:dana',
      content_id: 'p@x',
      content_type: 'image/png',
    };
    const hidden = await storedFile(world, 'SECRET', personal);
    const page = await storedFile(world, '<p>', { message_id: message, content_type: 'text/html' });
    for (const id of [hidden, page, 'no-such']) {
      const { body } = await reply(ticket, shows(world.links.signedFile(user, id)));
      expect((await mailOf(body.id)).html).toBe('<p>See</p><img alt="p" />');
      expect(body.attachments).toEqual([]);
    }
  });

  test('images of other servers go out as they are', async () => {
    const { ticket } = await asked();
    const { body } = await reply(ticket, shows('https://cdn.test/files/x.png'));
    expect((await mailOf(body.id)).html).toBe('<p>See</p><img src="https://cdn.test/files/x.png" alt="p" />');
  });
});

describe('reply-defaults of one message', () => {
  const defaults = (ticket: string, query: string) =>
    answerOf(world.get(`/tickets/${ticket}/reply-defaults?${query}`, world.tokens.max));

  test('as a reply, a reply to all, and a forward', async () => {
    const { ticket, message } = await asked();
    await rows.message(world.models, {
      thread_id: ticket,
      created_at: new Date(T0.getTime() + 1),
      from: { email: 'carl@x.test', name: 'Carl' },
      sender: { email: 'carl@x.test', name: 'Carl' },
      subject: 'Another',
    });
    const people = async (query: string) => {
      const { to, cc, subject, message_id } = (await defaults(ticket, query)).body;
      return [to.map(({ email }) => email), cc.map(({ email }) => email), subject, message_id === message];
    };
    expect(await people('')).toEqual([['carl@x.test'], [], 'Re: Another', false]);
    const of = `message_id=${message}`;
    expect(await people(of)).toEqual([['ann@x.test'], ['bob@x.test'], 'Re: A question', true]);
    expect(await people(`${of}&kind=reply_all`)).toEqual([
      ['ann@x.test'],
      ['bob@x.test'],
      'Re: A question',
      true,
    ]);
    expect(await people(`${of}&kind=reply`)).toEqual([['ann@x.test'], [], 'Re: A question', true]);
    expect(await people(`${of}&kind=forward`)).toEqual([[], [], 'Fwd: A question', true]);
  });

  test('of a message of ours: to the same people', async () => {
    const { ticket } = await asked();
    const { body } = await reply(ticket, { to: ['carl@x.test'], cc: ['dora@x.test'], text: 'x' });
    const of = await defaults(ticket, `message_id=${body.id}&kind=reply`);
    expect(of.body).toMatchObject({ to: [{ email: 'carl@x.test' }], cc: [] });
  });

  test('only of a mail of this thread', async () => {
    const { ticket } = await asked();
    const other = await asked();
    for (const query of [`message_id=${other.message}`, 'message_id=no-such'])
      expect(await faultsOf(defaults(ticket, query))).toEqual([422, 'message_id']);
    expect(await faultsOf(defaults(ticket, 'kind=other'))).toEqual([422, 'kind']);
  });
});
