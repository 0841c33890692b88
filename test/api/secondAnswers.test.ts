import type { MessageRow } from '../../src/infra/models/index.ts';
import { newId } from '../../src/lib/ids.ts';
import { answerOf, faultsOf, type Body } from './answers.ts';
import { askedTicket, createWorld, rows, seedEmails, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

const later = (ms: number) => new Date(T0.getTime() + ms);
const send = (ticket: string, body: object, headers: Record<string, string> = {}, token = world.tokens.max) =>
  answerOf(world.post(`/tickets/${ticket}/messages`, token, { text: 'x', ...body }, headers));
const idsOf = (body: unknown) => (body as { messages: Body[] }).messages.map(({ id }) => id);
const storedIn = (thread_id: string) => world.models.Message.countDocuments({ thread_id });

async function ticketWithMail(): Promise<{ ticket: string; last: string }> {
  const ticket = await askedTicket(world);
  const [{ _id: last } = { _id: '' }] = await world.models.Message.find({ thread_id: ticket }).lean<
    MessageRow[]
  >();
  return { ticket, last };
}
const mail = async (thread_id: string, row: Partial<MessageRow> = {}) =>
  (await rows.message(world.models, { thread_id, created_at: later(1_000), ...row }))._id;

describe('an answer with `after`', () => {
  test('is stored while nothing has come since', async () => {
    const { ticket, last } = await ticketWithMail();
    expect((await send(ticket, { after: last })).status).toBe(202);
  });

  test('is 412 with the messages since, oldest first, and nothing is stored', async () => {
    const { ticket, last } = await ticketWithMail();
    const second = await mail(ticket, { text: 'One more thing' });
    const third = await mail(ticket, { created_at: later(2_000) });
    const { status, body } = await send(ticket, { after: last });
    expect([status, idsOf(body)]).toEqual([412, [second, third]]);
    expect(body).toMatchObject({ messages: [{ text: 'One more thing', direction: 'inbound' }, {}] });
    expect(await storedIn(ticket)).toBe(3);
    expect((await send(ticket, { after: third })).status).toBe(202);
  });

  test('is not stopped by notes, automatic mail, spam and replies that were taken back', async () => {
    const { ticket, last } = await ticketWithMail();
    await mail(ticket, { direction: 'note', state: 'saved' });
    await mail(ticket, { auto_reply: true });
    await mail(ticket, { list_mail: true });
    await mail(ticket, { spam: true });
    await mail(ticket, { direction: 'outbound', state: 'cancelled' });
    expect((await send(ticket, { after: last })).status).toBe(202);
  });

  test('counts a mail of the same millisecond that stands below', async () => {
    const { ticket, last } = await ticketWithMail();
    const same = await mail(ticket, { _id: `z${newId()}`, created_at: T0 });
    const { status, body } = await send(ticket, { after: last });
    expect([status, idsOf(body)]).toEqual([412, [same]]);
  });

  test('whose message is no longer in the thread, is 412', async () => {
    const { ticket, last } = await ticketWithMail();
    const { status, body } = await send(ticket, { after: 'gone' });
    expect([status, idsOf(body)]).toEqual([412, [last]]);
  });

  test('of two agents who send at the same time, only one gets through', async () => {
    for (let round = 0; round < 5; round += 1) {
      const { ticket, last } = await ticketWithMail();
      const { max, dana, olga } = world.tokens;
      const answers = await Promise.all(
        [max, dana, olga].map((token) => send(ticket, { after: last }, {}, token)),
      );
      expect(answers.map(({ status }) => status).sort()).toEqual([202, 412, 412]);
      const refused = answers.find(({ status }) => status === 412)!;
      const stored = answers.find(({ status }) => status === 202)!;
      expect(idsOf(refused.body)).toEqual([stored.body.id]);
    }
  });

  test('that is repeated with its key is the same message, also concurrently', async () => {
    const { ticket, last } = await ticketWithMail();
    const headers = { 'idempotency-key': newId() };
    const answers = await Promise.all([1, 2, 3].map(() => send(ticket, { after: last }, headers)));
    answers.push(await send(ticket, { after: last }, headers));
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
  });

  test('the key of a refused one can be used for the answer that follows', async () => {
    const { ticket, last } = await ticketWithMail();
    const newer = await mail(ticket);
    const headers = { 'idempotency-key': newId() };
    expect((await send(ticket, { after: last }, headers)).status).toBe(412);
    expect((await send(ticket, { after: newer }, headers)).status).toBe(202);
  });

  test('must be text', async () => {
    const { ticket } = await ticketWithMail();
    expect(await faultsOf(send(ticket, { after: 1 }))).toEqual([422, 'after']);
  });
});

describe('an answer with `If-Match`', () => {
  const etag = async (ticket: string) =>
    (await world.get(`/tickets/${ticket}`, world.tokens.max)).headers.get('etag')!;

  test('is 412 after any change of the thread, and goes out without one', async () => {
    const { ticket } = await ticketWithMail();
    const read = await etag(ticket);
    await world.patch(`/tickets/${ticket}`, world.tokens.dana, { priority: 'high' });
    const before = await storedIn(ticket);
    const refused = await world.post(
      `/tickets/${ticket}/messages`,
      world.tokens.max,
      { text: 'x' },
      { 'if-match': read },
    );
    expect([refused.status, refused.headers.get('etag')]).toEqual([412, await etag(ticket)]);
    expect(await storedIn(ticket)).toBe(before);
    expect((await send(ticket, {}, { 'if-match': await etag(ticket) })).status).toBe(202);
  });

  test('of two at the same time, only one gets through', async () => {
    const { ticket } = await ticketWithMail();
    const headers = { 'if-match': await etag(ticket) };
    // Each sees the row as it was: the first changes it when it is applied.
    const first = await send(ticket, {}, headers);
    const second = await send(ticket, {}, headers);
    expect([first.status, second.status]).toEqual([202, 412]);
  });
});
