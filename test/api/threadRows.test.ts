import type { MessageRow } from '../../src/infra/models/index.ts';
import { createChangeHandler } from '../../src/core/events/changeHandler.ts';
import { applyToThread } from '../../src/core/threads/applyToThread.ts';
import { summariseThreadOf } from '../../src/core/threads/summary.ts';
import type { TicketRow } from '../../src/infra/models/index.ts';
import { createWorld, rows, seedEmails, storedFile, type World } from './world.ts';

/** The fields of a thread that these tests are about. */
interface Thread {
  id: string;
  preview: string;
  last_message: {
    id: string;
    direction: string;
    author_id: string | null;
    at: string;
    sender_reason: string | null;
  } | null;
  message_count: number;
  has_attachments: boolean;
  waiting_since: string | null;
  unread: boolean;
  trouble: string | null;
  scheduled_at: string | null;
  last_message_at: string;
  status: string;
}
type User = 'dana' | 'max' | 'olga';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

const json = async <Body>(asked: Promise<Response>): Promise<Body> => (await (await asked).json()) as Body;
const read = (id: string, user: User = 'dana') =>
  json<Thread>(world.get(`/tickets/${id}`, world.tokens[user]));
const post = (path: string, body: object = {}, user: User = 'dana') =>
  json<Thread>(world.post(path, world.tokens[user], body));
const minutes = (count: number) => new Date(Date.UTC(2026, 10, 2, 10, count));

/** A mail of Ann's in the ticket, applied to it. */
async function mail(thread_id: string, row: Partial<MessageRow> = {}, twice = false): Promise<MessageRow> {
  const message = (
    await rows.message(world.models, { thread_id, created_at: new Date(), ...row })
  ).toObject();
  const isAutomatic = message.auto_reply || message.list_mail || message.spam;
  await applyToThread(world.models, message, isAutomatic);
  if (twice) await applyToThread(world.models, message, isAutomatic);
  return message;
}

/** A ticket that its first mail has opened. */
async function newTicket(row: Partial<MessageRow> = {}): Promise<{ id: string; message: MessageRow }> {
  const thread_id = `t${Math.random()}`;
  const more = { workspace_email_id: 'support@acme.test', contact_id: 'none', opens: true };
  const message = await mail(thread_id, { ...more, ...row } as Partial<MessageRow>);
  return { id: thread_id, message };
}

describe('the row of a thread', () => {
  test('shows its last message, however often and in which order messages are applied', async () => {
    const { id } = await newTicket({ text: 'Where is it?', created_at: minutes(0) });
    const third = await mail(id, { text: 'Hello?\n> Where is it?', created_at: minutes(2) }, true);
    const second = await mail(id, { text: 'It is late.', created_at: minutes(1) }, true);
    const shown = await read(id);
    expect(shown).toMatchObject({
      preview: 'Hello?',
      last_message: {
        id: third._id,
        direction: 'inbound',
        from: { email: 'ann@x.test', name: 'Ann' },
        author_id: null,
        at: minutes(2).toISOString(),
        sender_reason: null,
      },
      message_count: 3,
      waiting_since: minutes(0).toISOString(),
      has_attachments: false,
      kind: 'ticket',
      followed: false,
      snoozed_until: null,
      trouble: null,
      scheduled_at: null,
    });
    const before = await world.models.Ticket.findById(id).lean();
    await applyToThread(world.models, second, false);
    expect(await world.models.Ticket.findById(id).lean()).toEqual(before);
  });

  test('says why the sender of its last message may be somebody else', async () => {
    const { id } = await newTicket({ created_at: minutes(0) });
    const reasonOf = async () => (await read(id)).last_message!.sender_reason;
    expect(await reasonOf()).toBeNull();
    const doubt = { sender_known: false, created_at: minutes(1) };
    const { _id } = await mail(id, { ...doubt, sender_reason: 'unproved' }, true);
    expect(await reasonOf()).toBe('unproved');
    await world.models.Message.updateOne({ _id }, { $set: { sender_reason: null } });
    await summariseThreadOf(world.models, {
      workspace_id: 'acme',
      thread_kind: 'ticket',
      thread_id: id,
    });
    expect(await reasonOf()).toBe('stranger');
    await mail(id, { created_at: minutes(2) });
    expect(await reasonOf()).toBeNull();
  });

  test('says whether the contact was known before', async () => {
    const contact = await rows.contact(world.models, { created_at: minutes(0) });
    const known = { contact_id: contact._id };
    const first = await newTicket({ ...known, created_at: minutes(0) });
    const later = await newTicket({ ...known, created_at: minutes(5) });
    expect([await read(first.id), await read(later.id)]).toMatchObject([
      { first_contact: true },
      { first_contact: false },
    ]);
  });

  test('the same from concurrent messages', async () => {
    const messages: MessageRow[] = [];
    const { id } = await newTicket({ created_at: minutes(0) });
    for (let n = 1; n < 8; n += 1)
      messages.push(
        (
          await rows.message(world.models, { thread_id: id, created_at: minutes(n), text: `text ${n}` })
        ).toObject(),
      );
    await Promise.all([...messages, ...messages].map((row) => applyToThread(world.models, row, false)));
    expect(await read(id)).toMatchObject({ preview: 'text 7', message_count: 8 });
  });

  test('a file that the text does not show is an attachment', async () => {
    const files = [{ filename: 'a.txt', size: 1 }];
    const { id } = await newTicket();
    const inline = await rows.message(world.models, { thread_id: id, files, created_at: new Date() });
    await storedFile(world, 'x', { message_id: inline._id, inline: true });
    await applyToThread(world.models, inline.toObject(), false);
    expect((await read(id)).has_attachments).toBe(false);
    await storedFile(world, 'x', { message_id: inline._id, position: 1 });
    await applyToThread(world.models, inline.toObject(), false);
    expect((await read(id)).has_attachments).toBe(true);
  });

  test('failed, unconfirmed and scheduled answers are seen in it', async () => {
    const { id } = await newTicket();
    const to = ['ann@x.test'];
    const send_at = new Date(Date.now() + 3_600_000).toISOString();
    await post(`/tickets/${id}/messages`, { text: 'later', send_at, to });
    expect(await read(id)).toMatchObject({ trouble: null, scheduled_at: send_at, message_count: 2 });
    const { id: reply } = await post(`/tickets/${id}/messages`, { text: 'now', to });
    await world.models.Message.updateOne({ _id: reply }, { state: 'unconfirmed' });
    expect((await read(id)).trouble).toBe('unconfirmed');
    const { id: second } = await post(`/tickets/${id}/messages`, { text: 'now', to });
    await world.models.Message.updateOne({ _id: second }, { state: 'failed' });
    expect((await read(id)).trouble).toBe('failed');
  });
});

describe('a thread waits', () => {
  test('from the first mail that nobody has answered until the answer', async () => {
    const { id } = await newTicket({ created_at: minutes(0) });
    await mail(id, { created_at: minutes(1) });
    expect((await read(id)).waiting_since).toBe(minutes(0).toISOString());
    await post(`/tickets/${id}/messages`, { text: 'a note', note: true });
    expect((await read(id)).waiting_since).toBe(minutes(0).toISOString());
    await post(`/tickets/${id}/messages`, { text: 'an answer' });
    expect((await read(id)).waiting_since).toBe(null);
    // A mail from before the answer that comes late.
    await mail(id, { created_at: minutes(3) }, true);
    expect((await read(id)).waiting_since).toBe(null);
    const later = new Date(Date.now() + 1_000);
    await mail(id, { created_at: later });
    expect((await read(id)).waiting_since).toBe(later.toISOString());
  });

  test('not for automatic mail, lists and spam', async () => {
    for (const row of [{ auto_reply: true }, { list_mail: true }, { spam: true }]) {
      const { id } = await newTicket({ ...row, created_at: minutes(0) });
      await mail(id, { ...row, created_at: minutes(1) });
      expect((await read(id)).waiting_since).toBe(null);
    }
  });

  test('again when its only answer is taken back', async () => {
    const { id, message } = await newTicket({ created_at: minutes(0), text: 'Where is it?' });
    const body = { text: 'an answer', undo_seconds: 60, to: ['ann@x.test'] };
    const { id: reply } = await post(`/tickets/${id}/messages`, body);
    expect(await read(id)).toMatchObject({ waiting_since: null, preview: 'an answer', message_count: 2 });
    await json(world.delete(`/tickets/${id}/messages/${reply}`, world.tokens.dana));
    const asBefore = {
      waiting_since: minutes(0).toISOString(),
      preview: 'Where is it?',
      last_message: { id: message._id },
      last_message_at: minutes(0).toISOString(),
      message_count: 1,
    };
    expect(await read(id)).toMatchObject(asBefore);
    // Applied once more, by a request that is repeated.
    const saved = (await world.models.Message.findById(reply).lean()) as MessageRow;
    await applyToThread(world.models, saved, false);
    expect(await read(id)).toMatchObject(asBefore);
  });

  test('also when the process that took it back died before it changed the thread', async () => {
    const { id, message } = await newTicket({ created_at: minutes(0) });
    const { id: reply } = await post(`/tickets/${id}/messages`, { text: 'x', to: ['ann@x.test'] });
    await world.models.Message.updateOne({ _id: reply }, { state: 'cancelled' });
    expect((await read(id)).waiting_since).toBe(null);
    const handle = createChangeHandler({ models: world.models, startDeliveries: () => undefined });
    await handle([
      {
        _id: { _data: 'AA' },
        operationType: 'update',
        ns: { db: 'x', coll: 'messages' },
        documentKey: { _id: reply },
        clusterTime: '1',
        fullDocument: {
          workspace_id: 'acme',
          audience: 'tickets',
          direction: 'outbound',
          thread_kind: 'ticket',
          thread_id: id,
        },
        updateDescription: { updatedFields: { state: 'cancelled' } },
      },
    ]);
    expect(await read(id)).toMatchObject({
      waiting_since: minutes(0).toISOString(),
      last_message: { id: message._id },
    });
  });

  test('no longer once it is closed, and not for what came before when it is opened again', async () => {
    const { id } = await newTicket({ created_at: minutes(0) });
    await json(world.patch(`/tickets/${id}`, world.tokens.dana, { status: 'closed' }));
    expect((await read(id)).waiting_since).toBe(null);
    await json(world.patch(`/tickets/${id}`, world.tokens.dana, { status: 'open' }));
    await mail(id, { created_at: minutes(1) });
    expect((await read(id)).waiting_since).toBe(null);
    const later = new Date(Date.now() + 1_000);
    await mail(id, { created_at: later });
    expect((await read(id)).waiting_since).toBe(later.toISOString());
  });

  test('for the mail after an answer that is applied late', async () => {
    const { id } = await newTicket({ created_at: minutes(0) });
    await mail(id, { created_at: minutes(2) });
    const answer = {
      direction: 'outbound',
      state: 'sent',
      author_id: 'dana',
      created_at: minutes(1),
    } as const;
    await mail(id, answer);
    expect((await read(id)).waiting_since).toBe(minutes(2).toISOString());
  });
});

describe('a merge or move', () => {
  test('joins rows: what waits in one waits in the other', async () => {
    const first = await newTicket({ created_at: minutes(0), text: 'first' });
    const second = await newTicket({ created_at: minutes(5), text: 'second' });
    await json(world.patch(`/tickets/${second.id}`, world.tokens.dana, { status: 'closed' }));
    await post(`/tickets/${first.id}/read`);
    await post(`/tickets/${second.id}/read`, {}, 'max');
    await post(`/tickets/${first.id}/read`, {}, 'max');
    const merged = await post(`/tickets/${first.id}/merge`, { into: second.id });
    const wanted = {
      id: second.id,
      status: 'open',
      preview: 'second',
      message_count: 2,
      waiting_since: minutes(0).toISOString(),
    };
    expect(merged).toMatchObject({ ...wanted, unread: true });
    expect(await read(second.id, 'max')).toMatchObject({ ...wanted, unread: false });
  });

  test('parts them: each has the summary of its own messages', async () => {
    const { id, message } = await newTicket({ created_at: minutes(0), text: 'first' });
    const second = await mail(id, { created_at: minutes(5), text: 'second' });
    const made = await post(`/tickets/${id}/messages/${second._id}/move`);
    expect(made).toMatchObject({ preview: 'second', message_count: 1 });
    expect(made.waiting_since).toBe(minutes(5).toISOString());
    expect(await read(id)).toMatchObject({
      preview: 'first',
      last_message: { id: message._id },
      last_message_at: minutes(0).toISOString(),
      message_count: 1,
    });
  });
});

describe('read state', () => {
  test('is of one user; mail makes the thread unread for all; one’s own message is read', async () => {
    const { id, message } = await newTicket();
    const seen = async () => [await read(id), await read(id, 'max')].map(({ unread }) => unread);
    expect(await seen()).toEqual([true, true]);
    expect((await post(`/tickets/${id}/read`)).unread).toBe(false);
    expect(await seen()).toEqual([false, true]);
    await applyToThread(world.models, message, false);
    expect(await seen()).toEqual([false, true]);
    await mail(id, {}, true);
    expect(await seen()).toEqual([true, true]);
    await post(`/tickets/${id}/messages`, { text: 'x', note: true }, 'max');
    expect(await seen()).toEqual([true, false]);
    await post(`/tickets/${id}/unread`, {}, 'max');
    expect(await seen()).toEqual([true, true]);
  });

  test('up to a message leaves newer mail unread', async () => {
    const { id, message } = await newTicket();
    const upTo = (up_to: string) => post(`/tickets/${id}/read`, { up_to });
    expect((await upTo(message._id)).unread).toBe(false);
    const second = await mail(id, { stored_at: new Date(Date.now() + 1) });
    expect((await upTo(message._id)).unread).toBe(true);
    expect((await upTo(second._id)).unread).toBe(false);
    // Of a message that was seen last, all mail before it was seen too.
    const note = await post(`/tickets/${id}/messages`, { text: 'x', note: true }, 'max');
    await post(`/tickets/${id}/unread`);
    await world.models.Message.updateOne({ _id: note.id }, { stored_at: new Date(Date.now() + 2_000) });
    expect((await upTo(note.id)).unread).toBe(false);
    const other = await newTicket();
    for (const up_to of [other.message._id, 'none'])
      expect((await world.post(`/tickets/${id}/read`, world.tokens.dana, { up_to })).status).toBe(422);
    expect((await world.post(`/tickets/${id}/read`, world.tokens.dana)).status).toBe(200);
  });

  test('a mail that was delayed is news, though others came after it', async () => {
    const { id } = await newTicket({ created_at: minutes(5) });
    await post(`/tickets/${id}/read`);
    await mail(id, { created_at: minutes(1) });
    expect((await read(id)).unread).toBe(true);
  });

  test('reading changes neither ETag nor time of the row, and is repeated without effect', async () => {
    const { id } = await newTicket();
    const before = await world.get(`/tickets/${id}`, world.tokens.dana);
    for (let n = 0; n < 2; n += 1) await post(`/tickets/${id}/read`);
    const after = await world.get(`/tickets/${id}`, world.tokens.dana);
    expect(after.headers.get('etag')).toBe(before.headers.get('etag'));
    const row = (await world.models.Ticket.findById(id).lean()) as TicketRow;
    expect(row.read_by).toEqual(['dana']);
  });
});
