import { createWorld, rows, type World } from './world.ts';

interface Count {
  total: number;
  unread: number;
  capped: boolean;
}

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

async function countsOf(user: 'dana' | 'max' | 'olga' | 'stranger') {
  const answer = await world.get('/counts', world.tokens[user]);
  return (await answer.json()) as Record<string, Count> & { addresses: Record<string, Count> };
}
const of = (total: number, unread: number, capped = false): Count => ({ total, unread, capped });

test('each list has as many threads as is counted, and each user has their own numbers', async () => {
  const { models } = world;
  const soon = new Date(Date.now() + 60_000);
  const support = { workspace_email_id: 'support' };
  await rows.ticket(models, { ...support, agent_id: 'dana', waiting_since: new Date() });
  await rows.ticket(models, { ...support, read_by: ['dana'] });
  await rows.ticket(models, { ...support, status: 'pending', agent_id: 'max', read_by: ['max'] });
  await rows.ticket(models, { ...support, status: 'closed' });
  await rows.ticket(models, { snoozed_until: soon });
  await rows.ticket(models, { spam: true, hidden: 'spam', read_by: ['dana'] });
  await rows.ticket(models, { deleted_at: new Date(), hidden: 'trash' });
  await rows.ticket(models, { workspace_id: 'other' });
  await rows.conversation(models, { workspace_email_id: 'hello' });
  const personal = { audience: 'owner:dana', owner_id: 'dana', agent_id: 'dana' };
  await rows.conversation(models, { ...personal, workspace_email_id: 'dana', read_by: ['dana'] });
  for (const [state, audience] of [
    ['failed', 'tickets'],
    ['scheduled', 'tickets'],
    ['unconfirmed', 'owner:dana'],
    ['delivered', 'tickets'],
  ] as const)
    await rows.message(models, { direction: 'outbound', state, audience });

  const counts = await countsOf('dana');
  expect(counts).toMatchObject({
    inbox: of(4, 2),
    unassigned: of(2, 1),
    all: of(5, 3),
    waiting: of(1, 1),
    snoozed: of(1, 1),
    shared: of(1, 1),
    personal: of(1, 0),
    outbox: of(3, 0),
    failed: of(2, 0),
    spam: of(1, 0),
    trash: of(1, 1),
    addresses: { support: of(3, 2), hello: of(1, 1), dana: of(1, 0) },
  });
  const lists = {
    inbox: 'inbox=true',
    unassigned: 'agent_id=none&status=open,pending',
    all: 'status=open,pending',
    waiting: 'waiting=true',
    snoozed: 'snoozed=true',
    personal: 'personal=true',
    spam: 'spam=true',
    trash: 'trash=true',
  };
  for (const [name, query] of Object.entries(lists))
    for (const [more, number] of [
      ['', 'total'],
      ['&unread=true', 'unread'],
    ] as const) {
      const answer = await world.get(`/threads?${query}${more}`, world.tokens.dana);
      const { data } = (await answer.json()) as { data: unknown[] };
      expect([name, number, data.length]).toEqual([name, number, counts[name]![number]]);
    }
  expect(await countsOf('max')).toMatchObject({
    inbox: of(2, 2),
    all: of(4, 3),
    personal: of(0, 0),
    outbox: of(2, 0),
    failed: of(1, 0),
    spam: of(1, 1),
  });
  expect(Object.keys((await countsOf('max')).addresses).sort()).toEqual(['hello', 'support']);
});

test('they end at 10,000', async () => {
  await using own = await createWorld();
  const { _id, ...row } = (await rows.ticket(own.models, {})).toObject();
  await own.models.Ticket.deleteOne({ _id });
  const many = Array.from({ length: 10_001 }, (_, n) => ({
    ...row,
    _id: `m${n}`,
    number: n,
    hidden: 'spam',
  }));
  await own.models.Ticket.collection.insertMany(many as never[]);
  const answer = await own.get('/counts', own.tokens.dana);
  expect(await answer.json()).toMatchObject({ spam: of(10_000, 10_000, true), all: of(0, 0) });
});
