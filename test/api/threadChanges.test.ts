import type { MessageRow } from '../../src/infra/models/index.ts';
import { applyToThread } from '../../src/core/threads/applyToThread.ts';
import { threadsOf } from '../../src/core/threads/threads.ts';
import { purgeTrash } from '../../src/core/threads/trash.ts';
import { answerOf, faultsOf } from './answers.ts';
import { createWorld, rows, storedFile, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const { dana, max } = { dana: () => world.tokens.dana, max: () => world.tokens.max };
const change = (path: string, body: unknown, headers?: Record<string, string>, token = dana()) =>
  answerOf(world.patch(path, token, body, headers));
const ids = async (path: string, token = dana()) =>
  (await answerOf(world.get(path, token))).body.data.map(({ id }) => id);

describe('changes', () => {
  test('of each field; the time of closing follows the status', async () => {
    const { _id } = await rows.ticket(world.models, {});
    const contact = await rows.contact(world.models, { audiences: ['shared'] });
    const wanted = {
      status: 'closed',
      agent_id: 'max',
      priority: 'urgent',
      tags: ['VIP', ' vip ', 'Billing  issue'],
      subject: ' New subject ',
      contact_id: contact._id,
    };
    const { status, body } = await change(`/tickets/${_id}`, wanted);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      status: 'closed',
      agent_id: 'max',
      priority: 'urgent',
      subject: 'New subject',
      tags: ['vip', 'billing issue'],
      contact: { id: contact._id },
    });
    const { closed_at, updated_at } = body as unknown as Record<string, string>;
    expect(closed_at).not.toBe(null);
    expect(Date.parse(updated_at!)).toBeGreaterThan(T0.getTime());
    const again = await change(`/tickets/${_id}`, { status: 'closed' });
    expect(again.body).toMatchObject({ closed_at, updated_at });
    expect((await change(`/tickets/${_id}`, { status: 'pending' })).body).toMatchObject({ closed_at: null });
    expect((await change(`/tickets/${_id}`, { agent_id: null })).body).toMatchObject({ agent_id: null });
    // Everyone who sees the thread now sees its contact.
    const known = await world.models.Contact.findById(contact._id).lean();
    expect(known?.audiences).toEqual(['shared', 'tickets']);
  });

  test('with wrong fields name them', async () => {
    const { _id } = await rows.ticket(world.models, {});
    const hidden = await rows.contact(world.models, { audiences: ['owner:max'] });
    for (const [body, field] of [
      [{ status: 'done' }, 'status'],
      [{ agent_id: 'stranger' }, 'agent_id'],
      [{ agent_id: 7 }, 'agent_id'],
      [{ contact_id: hidden._id }, 'contact_id'],
      [{ priority: 'hot' }, 'priority'],
      [{ tags: Array.from({ length: 31 }, (_, n) => `t${n}`) }, 'tags'],
      [{ tags: [' '] }, 'tags.0'],
      [{ subject: 'a\nb' }, 'subject'],
      [{ spam: 'yes' }, 'spam'],
      [{ number: 1 }, 'number'],
    ] as const)
      expect(await faultsOf(change(`/tickets/${_id}`, body))).toEqual([422, field]);
    expect(await world.models.Ticket.findById(_id).lean()).toMatchObject({ changes: 0, updated_at: T0 });
  });

  test('of a personal conversation are for its owner only', async () => {
    const personal = { audience: 'owner:dana', owner_id: 'dana', agent_id: 'dana' };
    const { _id } = await rows.conversation(world.models, personal);
    const path = `/conversations/${_id}`;
    for (const token of [max(), world.tokens.olga]) {
      expect((await change(path, { status: 'closed' }, {}, token)).status).toBe(404);
      expect((await world.delete(path, token)).status).toBe(404);
    }
    expect(await faultsOf(change(path, { agent_id: 'max' }))).toEqual([422, 'agent_id']);
    expect(await faultsOf(change(path, { agent_id: null }))).toEqual([422, 'agent_id']);
    expect((await change(path, { agent_id: 'dana', status: 'pending' })).body.id).toBe(_id);
    const foreign = await rows.ticket(world.models, { workspace_id: 'other' });
    expect((await change(`/tickets/${foreign._id}`, { status: 'closed' })).status).toBe(404);
  });

  test('If-Match: a change of an outdated row is 412; of ten concurrent ones one succeeds', async () => {
    const { _id } = await rows.ticket(world.models, {});
    const path = `/tickets/${_id}`;
    const first = (await world.get(path, dana())).headers.get('etag')!;
    expect(first).toMatch(/^"[0-9a-f]{20}"$/);
    const at = { 'if-match': `"other", ${first}` };
    const many = await Promise.all(
      Array.from({ length: 10 }, (_, n) => change(path, { subject: `S${n}` }, at)),
    );
    expect(many.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(412)]);
    const stale = await world.patch(path, dana(), { subject: 'x' }, at);
    const now = (await world.get(path, dana())).headers.get('etag')!;
    expect([stale.status, stale.headers.get('etag')]).toEqual([412, now]);
    expect((await change(path, { subject: 'x' }, { 'if-match': `W/${now}` })).status).toBe(412);
    expect((await change(path, { subject: 'x' }, { 'if-match': '*' })).status).toBe(200);
    expect((await world.delete(path, dana(), undefined, { 'if-match': now })).status).toBe(412);
    // A new mail is a change too.
    const tag = (await world.get(path, dana())).headers.get('etag')!;
    const message = await rows.message(world.models, { thread_id: _id, created_at: new Date() });
    await applyToThread(world.models, message.toObject(), false);
    expect((await change(path, { subject: 'y' }, { 'if-match': tag })).status).toBe(412);
  });

  test('a successful change makes a contact visible, a refused one does not', async () => {
    const { _id } = await rows.ticket(world.models, {});
    const path = `/tickets/${_id}`;
    const at = { 'if-match': (await world.get(path, dana())).headers.get('etag')! };
    const personal = { audiences: ['owner:dana'] };
    const contacts = await Promise.all(
      Array.from({ length: 10 }, () => rows.contact(world.models, personal)),
    );
    const answers = await Promise.all(
      contacts.map((contact) => change(path, { contact_id: contact._id }, at)),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(9).fill(412)]);
    const changedTo = answers.find(({ status }) => status === 200)!.body.contact.id;
    const shown = () =>
      world.models.Contact.find({
        _id: { $in: contacts.map((contact) => contact._id) },
        audiences: 'tickets',
      }).lean();
    expect(await shown()).toMatchObject([{ _id: changedTo }]);
    // A repeated request whose process died before it made the contact visible.
    await world.models.Contact.updateOne({ _id: changedTo }, { $set: personal });
    expect((await change(path, { contact_id: changedTo })).status).toBe(200);
    expect(await shown()).toMatchObject([{ _id: changedTo }]);
  });

  test('without If-Match concurrent ones all succeed', async () => {
    const { _id } = await rows.ticket(world.models, {});
    const bodies = [{ status: 'closed' }, { agent_id: 'max' }, { priority: 'high' }, { tags: ['a'] }];
    const answers = await Promise.all(bodies.map((body) => change(`/tickets/${_id}`, body)));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(await world.models.Ticket.findById(_id).lean()).toMatchObject({
      status: 'closed',
      agent_id: 'max',
      priority: 'high',
      tags: ['a'],
      changes: 4,
    });
  });
});

describe('lists', () => {
  test('by each filter, and by several', async () => {
    const contact = await rows.contact(world.models, {});
    const email = await rows.workspaceEmail(world.models, {});
    const threadFields = { contact_id: contact._id, workspace_email_id: email._id };
    const a = await rows.ticket(world.models, {
      ...threadFields,
      status: 'pending',
      agent_id: 'max',
      tags: ['red'],
    });
    const b = await rows.ticket(world.models, {
      ...threadFields,
      agent_id: null,
      tags: ['red', 'blue'],
      spam: true,
      hidden: 'spam',
      updated_at: new Date(T0.getTime() + 5_000),
    });
    const c = await rows.ticket(world.models, {
      ...threadFields,
      created_at: new Date(T0.getTime() + 1_000),
    });
    const idsFor = (query: string) => ids(`/tickets?contact_id=${contact._id}&${query}`);
    expect(await idsFor('')).toEqual([c._id, a._id]);
    expect(await idsFor('status=pending')).toEqual([a._id]);
    expect(await idsFor('agent_id=max')).toEqual([a._id]);
    expect(await idsFor('agent_id=none')).toEqual([c._id]);
    expect(await idsFor('tag=Red')).toEqual([a._id]);
    expect(await idsFor('spam=true')).toEqual([b._id]);
    expect((await idsFor('spam=any&tag=red')).sort()).toEqual([a._id, b._id].sort());
    expect(await idsFor(`spam=any&changed_since=${new Date(T0.getTime() + 1).toISOString()}`)).toEqual([
      b._id,
    ]);
    expect(await ids(`/tickets?workspace_email_id=${email._id}&limit=1`)).toEqual([c._id]);
    const wrong = answerOf(
      world.get('/tickets?status=x&spam=1&changed_since=today&q=%21&sort=a&order=b', dana()),
    );
    expect(await faultsOf(wrong)).toEqual([422, 'sort', 'status', 'spam', 'changed_since', 'q', 'order']);
  });

  test('q finds words of the subject and of every message, in what the user may see', async () => {
    const { models } = world;
    const createMessages = async (
      thread_kind: 'ticket' | 'conversation',
      audience: string,
      thread_id: string,
    ) => {
      const about = { thread_kind, audience, thread_id, contact_id: 'c', workspace_email_id: 'e' };
      for (const [subject, text] of [
        ['Zebra crossing', 'The Ümlaut stays'],
        ['Re: Zebra crossing', 'a second letter about quaggas'],
      ]) {
        const message = await rows.message(models, { ...about, subject: subject!, text: text!, opens: true });
        await applyToThread(models, message.toObject(), false);
        await applyToThread(models, message.toObject(), false);
      }
    };
    await createMessages('ticket', 'tickets', 'zebra');
    await createMessages('conversation', 'owner:max', 'zebra of max');
    expect(await ids('/tickets?q=umlaut%20ZEBRA')).toEqual(['zebra']);
    expect(await ids('/tickets?q=quag')).toEqual(['zebra']);
    expect(await ids('/tickets?q=zebra%20horse')).toEqual([]);
    expect(await ids('/conversations?q=zebra')).toEqual([]);
    expect(await ids('/conversations?q=zebra', max())).toEqual(['zebra of max']);
    const ticket = await models.Ticket.findById('zebra').orFail().lean();
    expect(await ids(`/tickets?q=${ticket.number}`)).toEqual(['zebra']);
    expect(ticket.words).toHaveLength(new Set(ticket.words).size);
    await change('/tickets/zebra', { subject: 'Okapi' });
    expect(await ids('/tickets?q=okapi')).toEqual(['zebra']);
  });

  test('are counted for a sidebar', async () => {
    await using own = await createWorld();
    const ticket = (row: object) => rows.ticket(own.models, row);
    await ticket({ agent_id: 'dana' });
    await ticket({ status: 'pending' });
    await ticket({ status: 'closed', agent_id: 'dana' });
    await ticket({ spam: true, hidden: 'spam' });
    await ticket({ deleted_at: T0, hidden: 'trash' });
    await ticket({ workspace_id: 'other' });
    await rows.conversation(own.models, {});
    await rows.conversation(own.models, { audience: 'owner:dana' });
    await rows.conversation(own.models, { audience: 'owner:max', status: 'closed' });
    const counts = async (token: string) => (await own.get('/counts', token)).json();
    expect(await counts(own.tokens.dana)).toMatchObject({
      tickets: { open: 1, pending: 1, closed: 1, mine: 1, unassigned: 1 },
      conversations: { shared: { open: 1, pending: 0, closed: 0 }, own: { open: 1, pending: 0, closed: 0 } },
    });
    expect(await counts(own.tokens.max)).toMatchObject({
      tickets: { mine: 0 },
      conversations: { own: { open: 0, pending: 0, closed: 1 } },
    });
  });
});

describe('the trash', () => {
  test.each(['ticket', 'conversation'] as const)('a %s is put there and restored', async (thread_kind) => {
    const { _id } = await rows[thread_kind](world.models, { spam: true, hidden: 'spam' });
    const audience = thread_kind === 'ticket' ? 'tickets' : 'shared';
    await rows.message(world.models, { thread_id: _id, thread_kind, audience });
    const path = `/${thread_kind}s/${_id}`;
    expect((await world.delete(path, dana())).status).toBe(204);
    expect((await world.get(path, dana())).status).toBe(404);
    expect((await world.get(`${path}/messages`, dana())).status).toBe(200);
    expect((await change(path, { status: 'closed' })).status).toBe(404);
    expect((await world.delete(path, dana())).status).toBe(404);
    expect(await ids(`/${thread_kind}s?spam=any`)).not.toContain(_id);
    expect(await ids(`/${thread_kind}s?trash=true`)).toContain(_id);
    expect((await answerOf(world.get(`${path}?trash=true`, dana()))).body).toMatchObject({
      deleted_at: expect.any(String) as string,
    });
    const row = await threadsOf(world.models, thread_kind).findById(_id).lean();
    expect(row).toMatchObject({ workspace_id: 'acme', audience, changes: 1 });
    const restored = await answerOf(world.post(`${path}/restore`, dana()));
    expect(restored).toMatchObject({ status: 200, body: { deleted_at: null, spam: true } });
    expect(await ids(`/${thread_kind}s?spam=true`)).toContain(_id);
  });

  test('a customer’s answer restores a thread, an automatic one does not', async () => {
    const { _id } = await rows.ticket(world.models, { status: 'closed', closed_at: T0 });
    await world.delete(`/tickets/${_id}`, dana());
    const arrives = async (isAutomatic: boolean) => {
      const message = await rows.message(world.models, {
        thread_id: _id,
        created_at: new Date(Date.now() + 1),
      });
      await applyToThread(world.models, message.toObject(), isAutomatic);
    };
    await arrives(true);
    expect((await world.get(`/tickets/${_id}`, dana())).status).toBe(404);
    await arrives(false);
    expect((await answerOf(world.get(`/tickets/${_id}`, dana()))).body).toMatchObject({
      status: 'open',
      deleted_at: null,
    });
  });

  test('after 30 days a thread is deleted with its messages and files; one with a waiting message is kept', async () => {
    const { models, storage } = world;
    const long = new Date(Date.now() - 31 * 24 * 60 * 60 * 1000);
    const trashed = async (deleted_at: Date, message: Partial<MessageRow> = {}) => {
      const { _id: thread_id } = await rows.ticket(models, { deleted_at, hidden: 'trash' });
      const { _id: message_id } = await rows.message(models, { thread_id, created_at: T0, ...message });
      const file = await storedFile(world, 'bytes', { message_id });
      return { thread_id, message_id, key: `attachments/acme/${message_id}/${file}` };
    };
    const old = await trashed(long);
    const recent = await trashed(new Date());
    const answered = await trashed(long, { created_at: new Date() });
    await rows.ticket(models, { hidden: 'merged', merged_into: old.thread_id, merged_kind: 'ticket' });
    const claim = { workspace_id: 'acme', thread_kind: 'ticket', claimed_as: 'own' } as const;
    const leads = { thread_id: old.thread_id, inbound_email_id: 'i', created_at: T0 };
    await models.ThreadId.create({ ...claim, ...leads, _id: 'claim' });
    expect((await world.post(`/tickets/${old.thread_id}/restore`, dana())).status).toBe(404);
    expect(await purgeTrash({ models, storage })).toBe(1);
    expect(await purgeTrash({ models, storage })).toBe(0);
    const left = async ({ thread_id, message_id, key }: typeof old) => [
      await models.Ticket.countDocuments({ $or: [{ _id: thread_id }, { merged_into: thread_id }] }),
      await models.Message.countDocuments({ _id: message_id }),
      await models.Attachment.countDocuments({ message_id }),
      await models.ThreadId.countDocuments({ thread_id }),
      await storage.size(key),
    ];
    expect(await left(old)).toEqual([0, 0, 0, 0, null]);
    expect(await left(recent)).toEqual([1, 1, 1, 0, 5]);
    expect(await left(answered)).toEqual([1, 1, 1, 0, 5]);
  });
});
