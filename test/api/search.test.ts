import type { InboundMessageRow, MessageRow } from '../../src/infra/models/index.ts';
import { applyToThread } from '../../src/core/threads/applyToThread.ts';
import { mailWords } from '../../src/mail/searchWords.ts';
import { newId } from '../../src/lib/ids.ts';
import { answerOf, faultsOf } from './answers.ts';
import { createWorld, rows, seedEmails, storedFile, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
  await seedEmails(world);
});
afterAll(() => world[Symbol.asyncDispose]());

type Token = keyof World['tokens'];
const search = async (q: string, token: Token = 'max', list = '/threads') => {
  const answer = await answerOf(world.get(`${list}?q=${encodeURIComponent(q)}`, world.tokens[token]));
  expect([q, answer.status]).toEqual([q, 200]);
  return answer.body.data;
};
const found = async (q: string, token?: Token, list?: string) =>
  (await search(q, token, list)).map(({ id }) => id);

/** A mail with its words, in a thread of its own. @returns the thread's id */
async function mailed(mail: Partial<InboundMessageRow>, names: string[] = []): Promise<string> {
  const thread_id = newId();
  const message = await rows.message(world.models, {
    thread_id,
    contact_id: 'c',
    workspace_email_id: 'support@acme.test',
    opens: true,
    stored_at: T0,
    text: 'Nothing special',
    ...mail,
  });
  const row = (await world.models.Message.findById(message._id).lean<MessageRow>())!;
  row.words = mailWords({ ...row, from: [row.from], to: [...row.to, ...row.cc], filenames: names });
  row.files = names.map((filename) => ({ filename, size: 1 }));
  for (const filename of names)
    await storedFile(world, 'x', { message_id: row._id, audience: row.audience, filename });
  await world.models.Message.updateOne({ _id: row._id }, { words: row.words, files: row.files });
  await applyToThread(world.models, row, false);
  return thread_id;
}

test('a thread is found by text of any length, subject, people, file names and number', async () => {
  const long = Array.from({ length: 400 }, (_, n) => `filler${n}`).join(' ');
  const id = await mailed(
    {
      subject: 'Kaputte Lampe',
      text: `${long} porcupine at the end`,
      from: { email: 'zora@lamps.test', name: 'Zora Quill' },
      cc: [{ email: 'igor@lamps.test', name: '' }],
    },
    ['rechnung-2026.pdf'],
  );
  const { number } = (await world.models.Ticket.findById(id).lean())!;
  for (const q of [
    'porcupine',
    'lampe',
    'zora',
    'quill',
    'zora@lamps.test',
    'igor',
    'rechnung',
    'porcu',
    String(number),
  ])
    expect([q, (await found(q)).includes(id)]).toEqual([q, true]);
  expect(await found('hedgehog')).toEqual([]);
  const [row] = (await search('porcupine')) as unknown as {
    snippet: { text: string; hits: [number, number][] };
  }[];
  const [[start, end]] = row!.snippet.hits as [[number, number]];
  expect(row!.snippet.text.slice(start, end)).toBe('porcupine');
  expect(
    (await search('rechnung')).map((each) => (each as never as { snippet: { text: string } }).snippet.text),
  ).toEqual(['rechnung-2026.pdf']);
});

test('operators name the field, and must all match', async () => {
  const plain = await mailed({ subject: 'Walrus', from: { email: 'wanda@x.test', name: 'Wanda' } });
  const other = await mailed({ text: 'walrus of wanda', to: [{ email: 'wim@x.test', name: '' }] }, ['w.png']);
  const change = (id: string, set: object) => world.models.Ticket.updateOne({ _id: id }, { $set: set });
  await change(plain, { status: 'closed', agent_id: 'dana', tags: ['big one'], read_by: ['max'] });
  await change(other, { created_at: new Date('2020-01-02'), last_message_at: new Date('2020-01-02') });
  const both = [plain, other].sort();
  expect((await found('walrus')).sort()).toEqual(both);
  for (const [q, id] of [
    ['walrus from:wanda', plain],
    ['walrus from:wan', plain],
    ['subject:walrus', plain],
    ['walrus to:wim', other],
    ['walrus has:attachment', other],
    ['walrus is:closed', plain],
    ['walrus is:open', other],
    ['walrus is:unread', other],
    ['walrus is:read', plain],
    ['walrus tag:"big one"', plain],
    ['walrus assignee:dana', plain],
    ['walrus assignee:dana@people.test', plain],
    ['walrus assignee:none', other],
    ['walrus before:2021-01-01', other],
    ['walrus after:2021-01-01', plain],
  ] as const)
    expect([q, await found(q)]).toEqual([q, [id]]);
  expect(await found('walrus assignee:nobody')).toEqual([]);
  expect(await found('walrus assignee:me')).toEqual([]);
  expect((await found('tag:"big one" is:closed')).includes(plain)).toBe(true);
});

test('a search that cannot be understood is refused with its reason', async () => {
  for (const q of ['is:big', '?!', 'before:soon'])
    expect(await faultsOf(answerOf(world.get(`/threads?q=${q}`, world.tokens.max)))).toEqual([422, 'q']);
});

test('nobody finds what they may not see, nor a snippet of it', async () => {
  const personal = { audience: 'owner:dana', thread_kind: 'conversation' } as const;
  const id = await mailed({ ...personal, text: 'a secret ocelot', workspace_email_id: 'dana@acme.test' });
  expect(await found('ocelot', 'dana')).toEqual([id]);
  expect(await found('ocelot', 'max')).toEqual([]);
  expect(await found('ocelot', 'dana', '/conversations')).toEqual([id]);
  expect((await world.get('/threads?q=ocelot', world.tokens.stranger)).status).toBe(404);
});

test('our own replies and notes are found too, and Bcc is not', async () => {
  const id = await mailed({ message_id: '<r@x.test>' });
  const write = (body: object) => world.post(`/tickets/${id}/messages`, world.tokens.max, body);
  await write({ text: 'A capybara is on its way', to: ['tapir@x.test'], bcc: ['hidden@manatee.test'] });
  await write({ text: 'The customer likes an okapi', note: true });
  for (const q of ['capybara', 'to:tapir', 'okapi']) expect([q, await found(q)]).toEqual([q, [id]]);
  expect(await found('manatee')).toEqual([]);
  const long = Array.from({ length: 12_000 }, (_, n) => `f${n % 900}`).join(' ');
  await write({ text: `${long} platypus`, to: ['tapir@x.test'] });
  expect(long.length).toBeGreaterThan(50_000);
  for (const q of ['platypus', 'platy']) expect([q, await found(q)]).toEqual([q, [id]]);
});
