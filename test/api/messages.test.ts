import type { MessageRow, TicketRow } from '../../src/models/index.ts';
import { answerOf } from './answers.ts';
import { createWorld, rows, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  const emails = [
    { address: 'support@acme.test', display_name: 'Support' },
    { address: 'billing@acme.test' },
    { address: 'hello@acme.test', purpose: 'inbox' },
    { address: 'dana@acme.test', purpose: 'inbox', user_id: 'dana' },
    { address: 'max@acme.test', purpose: 'inbox', user_id: 'max' },
    { address: 'off@acme.test', active: false },
  ] as const;
  for (const [n, email] of emails.entries())
    await rows.workspaceEmail(world.models, {
      _id: email.address,
      proved_at: T0,
      created_at: new Date(T0.getTime() + n),
      ...email,
    });
});
afterAll(() => world[Symbol.asyncDispose]());

/** A ticket of Ann's, with her mail. */
async function ticket(change: Partial<TicketRow> = {}, mail: Partial<MessageRow> = {}): Promise<string> {
  const { _id } = await rows.ticket(world.models, { workspace_email_id: 'support@acme.test', ...change });
  await rows.message(world.models, {
    thread_id: _id,
    subject: 'A question',
    message_id: `<${_id}@x.test>`,
    to: [{ email: 'support@acme.test', name: '' }],
    cc: [{ email: 'bob@x.test', name: 'Bob' }],
    people: ['ann@x.test', 'bob@x.test'],
    opens: true,
    ...mail,
  });
  return _id;
}

const reply = (id: string, body: object, token = world.tokens.max, headers: Record<string, string> = {}) =>
  answerOf(world.post(`/tickets/${id}/messages`, token, body, headers));
const row = (id: string) => world.models.Message.findById(id).orFail().lean<MessageRow>();

test('a reply is saved with all that will not change, and its run is asked for', async () => {
  const id = await ticket();
  const before = Date.now();
  const { status, body } = await reply(id, { text: 'It comes tomorrow.' });
  expect(status).toBe(202);
  expect(body).toEqual({
    id: expect.any(String),
    direction: 'outbound',
    state: 'queued',
    from: null,
    sender: null,
    sender_known: true,
    reply_to: [],
    to: [{ email: 'ann@x.test', name: 'Ann' }],
    cc: [{ email: 'bob@x.test', name: 'Bob' }],
    bcc: [],
    to_email: null,
    sending_email: null,
    subject: 'Re: A question',
    text: 'It comes tomorrow.',
    html: null,
    cut: [],
    message_id: expect.stringMatching(/^<[0-9a-f]{32}@postroom\.test>$/),
    in_reply_to: `<${id}@x.test>`,
    references: [`<${id}@x.test>`],
    auto_reply: false,
    list_mail: false,
    spam: false,
    author_id: 'max',
    sent_at: null,
    send_at: null,
    due_at: expect.any(String),
    reason: null,
    state_at: body.created_at,
    created_at: expect.any(String),
    deliveries: [],
    attachments: [],
  });
  expect(Date.parse(body.due_at) - Date.parse(body.created_at)).toBe(10_000);
  expect(Date.parse(body.created_at)).toBeGreaterThanOrEqual(before);
  expect(world.asked.start).toContainEqual({ id: body.id, run: 1 });
  expect((await row(body.id)).outbound).toMatchObject({
    run: 1,
    wants_start: true,
    is_open: true,
    attempt: 0,
  });
  expect(await answerOf(world.get(`/tickets/${id}/messages/${body.id}`, world.tokens.dana))).toEqual({
    status: 200,
    body,
  });
  const { body: list } = await answerOf(world.get(`/tickets/${id}/messages`, world.tokens.dana));
  expect(list.data[1]).toEqual(body);
});
