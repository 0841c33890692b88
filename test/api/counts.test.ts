import { newId } from '../../src/lib/ids.ts';
import { createWorld, rows, T0, type World } from './world.ts';

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
  for (const [user_id, sent_as] of [
    ['dana', null],
    ['dana', 'sent'],
    ['max', null],
  ] as const)
    await models.Draft.create({
      _id: newId(),
      workspace_id: 'acme',
      user_id,
      kind: 'new',
      thread_kind: 'ticket',
      sent_as,
      created_at: T0,
      updated_at: T0,
    });

  const counts = await countsOf('dana');
  expect(counts).toMatchObject({
    inbox: of(4, 2),
    unassigned: of(2, 1),
    all: of(5, 3),
    waiting: of(1, 1),
    snoozed: of(1, 1),
    closed: of(1, 1),
    drafts: of(1, 0),
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
    closed: 'status=closed',
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

test('each saved view has the number of its list; nobody else’s is counted', async () => {
  await using own = await createWorld();
  const { models } = own;
  await rows.ticket(models, { tags: ['vip'], agent_id: 'dana' });
  await rows.ticket(models, { tags: ['vip'], read_by: ['dana'] });
  await rows.ticket(models, { agent_id: 'dana', words: ['lamp'] });
  await rows.conversation(models, { audience: 'owner:max', owner_id: 'max', agent_id: 'max', tags: ['vip'] });
  await rows.ticket(models, { tags: ['vip'], workspace_id: 'other' });
  const save = async (user: 'dana' | 'max', any: object[], shared = false) => {
    const answer = await own.post('/views', own.tokens[user], { name: 'V', query: { any }, shared });
    return ((await answer.json()) as { id: string }).id;
  };
  const groups = [{ tag: 'vip' }, { agent_id: 'me' }];
  const shared = await save('max', groups, true);
  const danas = await save('dana', [{ q: 'lamp' }]);
  const viewsOf = async (user: 'dana' | 'max') =>
    ((await (await own.get('/counts', own.tokens[user])).json()) as { views: Record<string, Count> }).views;
  expect(await viewsOf('dana')).toEqual({ [shared]: of(3, 2), [danas]: of(1, 1) });
  expect(await viewsOf('max')).toEqual({ [shared]: of(3, 3) });
});

test('a view is counted up to 1,000', async () => {
  await using own = await createWorld();
  const { _id, ...row } = (await rows.ticket(own.models, { tags: ['many'] })).toObject();
  await own.models.Ticket.deleteOne({ _id });
  const many = Array.from({ length: 1_001 }, (_, n) => ({ ...row, _id: `m${n}`, number: n }));
  await own.models.Ticket.collection.insertMany(many as never[]);
  const body = { name: 'V', query: { any: [{ tag: 'many' }, { status: 'open' }] } };
  const { id } = (await (await own.post('/views', own.tokens.dana, body)).json()) as { id: string };
  const answer = await own.get('/counts', own.tokens.dana);
  expect(await answer.json()).toMatchObject({ views: { [id]: of(1_000, 1_000, true) } });
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
