import type { DraftRow, MessageRow } from '../../src/infra/models/index.ts';
import { deleteOldUploads } from '../../activities/retention/deleteOldUploads.ts';
import type { Deps } from '../../activities/deps.ts';
import { newId } from '../../src/lib/ids.ts';
import { DAY_MS } from '../../src/lib/time.ts';
import { answerOf, faultsOf, type Body } from './answers.ts';
import { examinedBy } from '../support/examined.ts';
import mongoose from 'mongoose';
import { createIndexes, createModels } from '../../src/infra/models/index.ts';
import { freshDatabaseUri } from '../support/mongodb.ts';
import { activityEnvironment } from '../support/activityEnvironment.ts';
import { askedTicket, createWorld, rows, seedEmails, storedFile, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  const connection = await mongoose
    .createConnection(freshDatabaseUri(), { monitorCommands: true })
    .asPromise();
  const models = createModels(connection);
  await createIndexes(models);
  world = await createWorld({ models });
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

const { stringify } = JSON;
const put = (ticket: string, body: object, kind = 'reply', headers = {}) =>
  answerOf(world.put(`/tickets/${ticket}/draft/${kind}`, world.tokens.max, body, headers));
const upload = (user = 'max') => storedFile(world, 'x', { message_id: '', audience: `owner:${user}` });
const draftRow = (id: string) => world.models.Draft.findById(id).lean<DraftRow>();
const draftsOf = async (token: string, query = '') =>
  (await answerOf(world.get(`/drafts${query}`, token))).body.data as unknown as Record<string, unknown>[];
const read = async (id: string, token = world.tokens.max) => answerOf(world.get(`/drafts/${id}`, token));
const send = (ticket: string, body: object, token = world.tokens.max, headers = {}) =>
  answerOf(world.post(`/tickets/${ticket}/messages`, token, body, headers));

describe('a draft', () => {
  test('is saved with everything, however incomplete, and read as it was written', async () => {
    const ticket = await askedTicket(world);
    const file = await upload();
    const written = {
      mode: 'reply_all',
      message_id: 'm1',
      to: ['Bob <bob@x.test>', 'bob@'],
      cc: [],
      subject: 'Re: A',
      sending_email: 'support@acme.test',
      text: 'Dear',
      html: '<p class="x">Dear <img src="cid:a"></p>',
      attachments: [file],
      quote: 'm1',
      send_at: '2026-12-01T10:00:00.000Z',
    };
    const { status, body } = await put(ticket, written);
    expect(status).toBe(200);
    expect(body).toEqual({
      id: expect.any(String),
      kind: 'reply',
      thread_kind: 'ticket',
      thread_id: ticket,
      thread: { kind: 'ticket', id: ticket, number: expect.any(Number), subject: 'Hello' },
      ...written,
      to: [
        { email: 'bob@x.test', name: 'Bob' },
        { email: 'bob@', name: '' },
      ],
      bcc: null,
      attachments: [expect.objectContaining({ id: file, state: 'stored' })],
      created_at: expect.any(String),
      updated_at: expect.any(String),
    });
    expect((await read(body.id)).body).toEqual(body);
  });

  test('there is one of a reply and one of a note for each member and thread', async () => {
    const ticket = await askedTicket(world);
    const first = await put(ticket, { text: 'a', subject: 'S' });
    const again = await put(ticket, { text: 'b' });
    expect(again.body).toMatchObject({ id: first.body.id, text: 'b', subject: null });
    const posted = await answerOf(
      world.post('/drafts', world.tokens.max, { kind: 'reply', thread_id: ticket, text: 'c' }),
    );
    expect([posted.status, posted.body.id]).toEqual([201, first.body.id]);
    const note = await put(ticket, { text: 'n' }, 'note');
    const danas = await answerOf(
      world.put(`/tickets/${ticket}/draft/reply`, world.tokens.dana, { text: 'd' }),
    );
    expect(new Set([first.body.id, note.body.id, danas.body.id]).size).toBe(3);
    expect((await draftsOf(world.tokens.max, `?thread_id=${ticket}`)).map(({ text }) => text).sort()).toEqual(
      ['c', 'n'],
    );
  });

  test('that two tabs save at the same time is made once', async () => {
    const ticket = await askedTicket(world);
    const saved = await Promise.all(['a', 'b', 'c'].map((text) => put(ticket, { text })));
    expect(saved.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(await world.models.Draft.countDocuments({ thread_id: ticket })).toBe(1);
  });

  test('of a new thread is repeated with its key, and there may be several', async () => {
    const post = (headers = {}) =>
      answerOf(world.post('/drafts', world.tokens.max, { thread_kind: 'conversation', text: 'x' }, headers));
    const key = { 'idempotency-key': newId() };
    const ids = [await post(key), await post(key), await post()].map(({ body }) => body.id);
    expect([ids[0] === ids[1], ids[0] === ids[2]]).toEqual([true, false]);
  });

  test('of a new thread can become one of the other kind; an answer cannot', async () => {
    const { body } = await answerOf(world.post('/drafts', world.tokens.max, { text: 'x' }));
    const asConversation = { thread_kind: 'conversation' };
    const changed = await answerOf(world.patch(`/drafts/${body.id}`, world.tokens.max, asConversation));
    expect(changed).toMatchObject({ status: 200, body: { ...asConversation, text: 'x' } });
    const answer = await put(await askedTicket(world), { text: 'y' });
    const refused = await answerOf(
      world.patch(`/drafts/${answer.body.id}`, world.tokens.max, asConversation),
    );
    expect([refused.status, refused.body.errors]).toEqual([
      422,
      [expect.objectContaining({ field: 'thread_kind' })],
    ]);
  });

  test('changes only in the fields that are sent, and honours If-Match', async () => {
    const ticket = await askedTicket(world);
    const first = await world.put(`/tickets/${ticket}/draft/reply`, world.tokens.max, {
      text: 'a',
      subject: 'S',
    });
    const { id } = (await first.json()) as Body;
    const old = { 'if-match': first.headers.get('etag')! };
    const patch = (body: object, headers = {}) =>
      answerOf(world.patch(`/drafts/${id}`, world.tokens.max, body, headers));
    expect(await patch({ text: 'b' }, old)).toMatchObject({ status: 200, body: { text: 'b', subject: 'S' } });
    expect((await patch({ text: 'c' }, old)).status).toBe(412);
    expect((await put(ticket, { text: 'c' }, 'reply', old)).status).toBe(412);
  });

  test('that was discarded does not come back by a save that was under way', async () => {
    const ticket = await askedTicket(world);
    const saved = await world.put(`/tickets/${ticket}/draft/reply`, world.tokens.max, { text: 'a' });
    const { id } = (await saved.json()) as Body;
    expect((await world.delete(`/drafts/${id}`, world.tokens.max)).status).toBe(204);
    expect(
      (await put(ticket, { text: 'b' }, 'reply', { 'if-match': saved.headers.get('etag')! })).status,
    ).toBe(412);
    expect(await draftRow(id)).toBeNull();
  });

  test.each<[object, ...string[]]>([
    [{ text: 'x'.repeat(2 * 1024 * 1024 + 1) }, 'text'],
    [{ to: 'a@x.test' }, 'to'],
    [{ mode: 'x' }, 'mode'],
    [{ attachments: ['nothing'] }, 'attachments.0'],
    [{ send_at: 'soon' }, 'send_at'],
    [{ nothing: 1 }, 'nothing'],
  ])('with a wrong field is 422 with its name', async (body, ...fields) => {
    expect(await faultsOf(put(await askedTicket(world), body))).toEqual([422, ...fields]);
  });

  test('names its thread exactly if it is a reply or note', async () => {
    const post = (body: object) => answerOf(world.post('/drafts', world.tokens.max, body));
    expect(await faultsOf(post({ kind: 'reply' }))).toEqual([422, 'thread_id']);
    expect(await faultsOf(post({ kind: 'new', thread_id: 'x' }))).toEqual([422, 'thread_id']);
    expect((await post({ kind: 'note', thread_id: 'no-such' })).status).toBe(404);
  });

  test('is seen by nobody else, also not by an owner', async () => {
    const ticket = await askedTicket(world);
    const { body } = await put(ticket, { text: 'SECRET' });
    for (const token of [world.tokens.dana, world.tokens.olga]) {
      expect((await read(body.id, token)).status).toBe(404);
      expect((await world.patch(`/drafts/${body.id}`, token, { text: 'x' })).status).toBe(404);
      expect((await world.delete(`/drafts/${body.id}`, token)).status).toBe(404);
      expect(stringify(await draftsOf(token))).not.toContain('SECRET');
      expect(await faultsOf(send(ticket, { text: 'x', draft: body.id }, token))).toEqual([422, 'draft']);
    }
    expect(await draftRow(body.id)).not.toBeNull();
  });

  test('on a personal conversation of somebody else is 404', async () => {
    const { _id } = await rows.conversation(world.models, { audience: 'owner:dana', owner_id: 'dana' });
    expect(
      (await world.put(`/conversations/${_id}/draft/reply`, world.tokens.max, { text: 'x' })).status,
    ).toBe(404);
  });

  test('shows no file of somebody else', async () => {
    const body = { attachments: [await upload('dana')] };
    expect(await faultsOf(put(await askedTicket(world), body))).toEqual([422, 'attachments.0']);
  });

  test('keeps its uploads for as long as it is there', async () => {
    const [kept, dropped] = [await upload(), await upload()];
    const { body } = await put(await askedTicket(world), { attachments: [kept] });
    const clean = (now: Date) =>
      activityEnvironment().run(() => deleteOldUploads({ ...world, now: () => now } as unknown as Deps));
    const exists = async (id: string) => (await world.models.Attachment.exists({ _id: id })) !== null;
    const inTwoDays = new Date(Date.now() + 2 * DAY_MS);
    await clean(inTwoDays);
    expect([await exists(kept), await exists(dropped)]).toEqual([true, false]);
    await world.delete(`/drafts/${body.id}`, world.tokens.max);
    await clean(new Date(inTwoDays.getTime() + 2 * DAY_MS));
    expect(await exists(kept)).toBe(false);
  });
});

describe('a draft that is sent', () => {
  test('is gone in the same act, and a second sending of it is refused', async () => {
    const ticket = await askedTicket(world);
    const file = await upload();
    const draft = (await put(ticket, { text: 'x', attachments: [file] })).body.id;
    const body = { text: 'x', attachments: [file], draft };
    const answers = await Promise.all([send(ticket, body), send(ticket, { text: 'x', draft })]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 422]);
    expect((await read(draft)).status).toBe(404);
    expect(await draftsOf(world.tokens.max, `?thread_id=${ticket}`)).toEqual([]);
    expect(
      await world.models.Message.countDocuments({
        workspace_id: 'acme',
        thread_id: ticket,
        direction: 'outbound',
      }),
    ).toBe(1);
  });

  test('stays when the message is refused', async () => {
    const ticket = await askedTicket(world);
    const draft = (await put(ticket, { text: 'x' })).body.id;
    expect((await send(ticket, { text: 'x', draft, after: 'gone' })).status).toBe(412);
    expect(await faultsOf(send(ticket, { text: 'x', draft, attachments: ['no'] }))).toEqual([
      422,
      'attachments.0',
    ]);
    expect((await read(draft)).status).toBe(200);
  });

  test('as a note, or as a new thread, is gone too', async () => {
    const ticket = await askedTicket(world);
    const note = (await put(ticket, { text: 'n' }, 'note')).body.id;
    expect((await send(ticket, { text: 'n', note: true, draft: note })).status).toBe(202);
    const opening = (await answerOf(world.post('/drafts', world.tokens.max, { text: 'x' }))).body.id;
    const opened = await world.post('/conversations', world.tokens.max, {
      to: ['a@x.test'],
      text: 'x',
      draft: opening,
    });
    expect(opened.status).toBe(202);
    expect([(await read(note)).status, (await read(opening)).status]).toEqual([404, 404]);
  });

  test('with its key repeated is the same message', async () => {
    const ticket = await askedTicket(world);
    const draft = (await put(ticket, { text: 'x' })).body.id;
    const key = { 'idempotency-key': newId() };
    const post = () => send(ticket, { text: 'x', draft }, world.tokens.max, key);
    const answers = [...(await Promise.all([post(), post()])), await post()];
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });
});

describe('a message that is taken back', () => {
  const undo = async (ticket: string, id: string, token = world.tokens.max, kind = 'tickets') => {
    const { status, body } = await answerOf(world.delete(`/${kind}/${ticket}/messages/${id}`, token));
    return { status, body, draft: (body as unknown as { draft: Body | null }).draft };
  };

  test('is its draft again, as it was, with its files', async () => {
    const ticket = await askedTicket(world);
    const file = await upload();
    const written = {
      text: 'Dear',
      html: '<p onclick="x">Dear</p>',
      mode: 'reply',
      quote: 'q',
      attachments: [file],
    };
    const before = (await put(ticket, written)).body;
    const sent = await send(ticket, {
      text: 'Dear',
      html: '<p>Dear</p>',
      attachments: [file],
      draft: before.id,
    });
    const { status, body, draft } = await undo(ticket, sent.body.id);
    expect([status, body.state]).toEqual([200, 'cancelled']);
    expect(draft).toEqual({ ...before, created_at: draft!.created_at, updated_at: draft!.updated_at });
    // A client whose answer was lost repeats the request.
    expect((await undo(ticket, sent.body.id)).draft).toEqual(draft);
    const again = await send(ticket, { text: 'Dear', attachments: [file], draft: draft!.id });
    expect([again.status, again.body.attachments.map(({ id }) => id)]).toEqual([202, [file]]);
    expect((await undo(ticket, sent.body.id)).draft).toBeNull();
  });

  test('becomes a draft also if it was none', async () => {
    const ticket = await askedTicket(world);
    const file = await storedFile(world, 'x', {
      message_id: '',
      audience: 'owner:max',
      content_id: 'pic',
      content_type: 'image/png',
    });
    const sent = await send(ticket, {
      html: '<p>See <img src="cid:pic"></p>',
      to: ['Bob <bob@x.test>'],
      bcc: ['c@x.test'],
      attachments: [file],
    });
    const { draft } = await undo(ticket, sent.body.id);
    expect(draft).toMatchObject({
      kind: 'reply',
      to: [{ email: 'bob@x.test', name: 'Bob' }],
      bcc: [{ email: 'c@x.test', name: '' }],
      html: '<p>See <img src="cid:pic" /></p>',
      attachments: [{ id: file }],
    });
  });

  test('does not replace what its author has begun to write since', async () => {
    const ticket = await askedTicket(world);
    const sent = await send(ticket, { text: 'old' });
    const newer = (await put(ticket, { text: 'new' })).body;
    const { draft } = await undo(ticket, sent.body.id);
    expect([draft!.text, draft!.id === newer.id]).toEqual(['old', false]);
    expect((await read(newer.id)).body.text).toBe('new');
    expect((await send(ticket, { text: 'old', draft: draft!.id })).status).toBe(202);
  });

  test('by a colleague is its author’s draft, which the colleague does not see', async () => {
    const ticket = await askedTicket(world);
    const sent = await send(ticket, { text: 'MINE' });
    expect((await undo(ticket, sent.body.id, world.tokens.dana)).draft).toBeNull();
    expect(await draftsOf(world.tokens.max, `?thread_id=${ticket}`)).toMatchObject([{ text: 'MINE' }]);
  });

  test('by two at once is one draft', async () => {
    const ticket = await askedTicket(world);
    const sent = await send(ticket, { text: 'x' });
    const undone = await Promise.all([1, 2, 3].map(() => undo(ticket, sent.body.id)));
    expect(new Set(undone.map(({ draft }) => draft?.id)).size).toBe(1);
    expect(await world.models.Draft.countDocuments({ thread_id: ticket, sent_as: null })).toBe(1);
  });

  test('and that opened its thread, is a reply in it', async () => {
    const opened = await answerOf(
      world.post('/conversations', world.tokens.max, {
        to: ['Carl <carl@x.test>'],
        subject: 'Offer',
        text: 'x',
      }),
    );
    const { draft } = await undo(opened.body.id, opened.body.message.id, world.tokens.max, 'conversations');
    expect(draft).toMatchObject({ kind: 'reply', subject: 'Offer', to: [{ email: 'carl@x.test' }] });
  });
});

test('the list is paged, the last saved first, and examines no more than its page', async () => {
  const made: string[] = [];
  for (let n = 0; n < 30; n += 1) {
    const _id = newId();
    const own = { workspace_id: 'acme', user_id: 'dana', kind: 'new', thread_kind: 'ticket' } as const;
    await world.models.Draft.create({ _id, ...own, created_at: T0, updated_at: new Date(T0.getTime() + n) });
    await world.models.Draft.create({ _id: newId(), ...own, sent_as: 'm', created_at: T0, updated_at: T0 });
    made.unshift(_id);
  }
  await world.models.Draft.deleteMany({ user_id: 'dana', kind: 'reply' });
  let cursor = '';
  const seen: unknown[] = [];
  for (let page = 0; page < 3; page += 1) {
    const examined = await examinedBy(world.models.connection, async () => {
      const answer = await answerOf(world.get(`/drafts?limit=10${cursor}`, world.tokens.dana));
      const { data, next_cursor } = answer.body as unknown as { data: Body[]; next_cursor: string };
      seen.push(...data.map(({ id }) => id));
      cursor = `&cursor=${next_cursor}`;
    });
    const docs = examined.filter(({ collection }) => collection === 'drafts').map((one) => one.docs);
    expect([page, docs, docs.length > 0 && Math.max(...docs) <= 12]).toEqual([page, docs, true]);
  }
  expect(seen).toEqual(made);
});

test('a draft of a thread that is gone has no thread, and keeps its text', async () => {
  const ticket = await askedTicket(world);
  const { body } = await put(ticket, { text: 'kept' });
  await world.models.Message.deleteMany({ thread_id: ticket });
  await world.models.Ticket.deleteOne({ _id: ticket });
  expect((await read(body.id)).body).toMatchObject({ thread: null, thread_id: ticket, text: 'kept' });
  expect(await world.models.Message.findOne({ thread_id: ticket }).lean<MessageRow>()).toBeNull();
});
