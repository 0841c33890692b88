import mongoose from 'mongoose';
import { createIndexes, createModels } from '../../src/infra/models/index.ts';
import { domainRow } from '../core/domains/rows.ts';
import { freshDatabaseUri } from '../support/mongodb.ts';
import { examinedBy } from '../support/examined.ts';
import { askedTicket, createWorld, rows, seedEmails, storedFile, T0, type World } from './world.ts';

interface Find {
  find: string;
  filter: Record<string, unknown>;
  sort?: Record<string, number>;
}
interface Aggregate {
  aggregate: string;
  pipeline: { $match?: Record<string, unknown>; $limit?: number }[];
}
interface Stage {
  stage?: string;
  indexName?: string;
  inputStage?: Stage;
  inputStages?: Stage[];
}

/** Queries to MongoDB since they were last cleared. */
let finds: Find[] = [];
let aggregates: Aggregate[] = [];
let world: World;

beforeAll(async () => {
  const connection = await mongoose
    .createConnection(freshDatabaseUri(), { monitorCommands: true })
    .asPromise();
  const models = createModels(connection);
  await createIndexes(models);
  world = await createWorld({ models });
  connection.getClient().on('commandStarted', ({ commandName, command }) => {
    if (commandName === 'find') finds.push(command as unknown as Find);
    if (commandName === 'aggregate') aggregates.push(command as unknown as Aggregate);
  });
});
afterAll(() => world[Symbol.asyncDispose]());

function leaves(stage: Stage): Stage[] {
  const below = [...(stage.inputStages ?? []), ...(stage.inputStage ? [stage.inputStage] : [])];
  return below.length === 0 ? [stage] : below.flatMap(leaves);
}

/** First field of each index that a query uses; a collection scan has none. */
async function firstFields({ find, filter, sort }: Find): Promise<(string | undefined)[]> {
  const { connection } = world.models;
  const plan = await connection.db!.command({ explain: { find, filter, ...(sort && { sort }) } });
  const indexes = await connection.collection(find).indexes();
  return leaves((plan.queryPlanner as { winningPlan: Stage }).winningPlan).map((leaf) => {
    const index = leaf.stage === 'IXSCAN' ? indexes.find(({ name }) => name === leaf.indexName) : undefined;
    return index && Object.keys(index.key)[0];
  });
}

/** Filters of tickets and conversations. The rows below match each of them. */
const FILTERS = [
  'status=open',
  'status=open,pending&sort=-last_message_at',
  'status=open&sort=waiting_since',
  'sort=-waiting_since',
  'sort=-priority',
  'priority=normal,high&sort=priority',
  'agent_id=none',
  'agent_id=none,me&status=open&sort=-last_message_at',
  'inbox=true&sort=-last_message_at',
  'unread=true',
  'waiting=true',
  'snoozed=true',
  'personal=false',
  'created_after=2026-01-01T00:00:00Z',
  'contact_id=none',
  'workspace_email_id=none,other',
  'tag=a,b&sort=-last_message_at',
  'spam=any',
  'changed_since=2026-01-01T00:00:00Z',
  'q=hello%20wor',
  'q=wor',
  'status=open&agent_id=none&tag=a&q=hello',
  'view=groups',
];
const matching = {
  tags: ['a'],
  words: ['hello', 'world'],
  waiting_since: T0,
  snoozed_until: new Date(T0.getTime() + 1),
};

test('every list uses an index that starts with the workspace, on later pages too', async () => {
  const { models } = world;
  const ticket = await rows.ticket(models, {});
  const conversation = await rows.conversation(models, {});
  for (const [thread_kind, { _id: thread_id }, audience] of [
    ['ticket', ticket, 'tickets'],
    ['conversation', conversation, 'shared'],
  ] as const) {
    for (let i = 0; i < 2; i += 1) {
      const { _id } = await rows.message(models, { thread_kind, thread_id, audience });
      await storedFile(world, 'x', { message_id: _id, audience });
    }
  }
  await models.SavedView.create({
    _id: 'groups',
    workspace_id: 'acme',
    audience: 'shared',
    name: 'Groups',
    any: [
      { tag: 'a', snoozed: 'any' },
      { agent_id: 'none', status: 'open', snoozed: 'true' },
    ],
    sort: '-last_message_at',
    created_at: T0,
    updated_at: T0,
  });
  for (let i = 0; i < 2; i += 1) {
    await rows.ticket(models, matching);
    await rows.conversation(models, matching);
    await rows.contact(models, {});
    await rows.workspaceEmail(models, {});
    await world.post('/tokens', world.tokens.dana, {});
    await rows.inboundEmail(models, { state: 'held' });
    await models.Domain.create(domainRow({ name: `${i}.test` }));
  }
  const lists: [list: string, collection: string][] = [
    ['/tickets?', 'tickets'],
    ['/conversations?', 'conversations'],
    ['/threads?snoozed=any&', 'conversations'],
    ['/threads?snoozed=any&inbox=true&sort=-last_message_at&', 'tickets'],
    ...['tickets', 'conversations'].flatMap((name) =>
      FILTERS.map((filter): [string, string] => [`/${name}?${filter}&`, name]),
    ),
    [`/tickets/${ticket._id}/messages?`, 'messages'],
    [`/conversations/${conversation._id}/messages?`, 'messages'],
    ['/contacts?', 'contacts'],
    ['/emails?', 'workspace_emails'],
    ['/domains?', 'domains'],
    ['/tokens?', 'tokens'],
    ['/inbound-emails?', 'inbound_emails'],
    ['/inbound-emails?state=held&', 'inbound_emails'],
  ];
  for (const [list, collection] of lists) {
    const first = await (await world.get(`${list}limit=1`, world.tokens.dana)).json();
    const { data, next_cursor } = first as { data: unknown[]; next_cursor: string };
    finds = [];
    const second = await world.get(`${list}limit=1&cursor=${next_cursor}`, world.tokens.dana);
    expect([list, data.length, second.status]).toEqual([list, 1, 200]);
    // The token is found by its `_id`.
    const asked = finds.filter((find) => find.find !== 'tokens' || !('_id' in find.filter));
    expect(asked.map((find) => find.find)).toContain(collection);
    for (const find of asked) {
      expect(find.filter).toMatchObject(
        find.filter.$and ? { $and: [{ workspace_id: 'acme' }, {}] } : { workspace_id: 'acme' },
      );
      // Rows that other rows refer to are found by id.
      if ('_id' in find.filter) continue;
      expect([list, find, new Set(await firstFields(find))]).toEqual([list, find, new Set(['workspace_id'])]);
    }
  }
});

test('a list examines at most one row more than its page, however many rows there are', async () => {
  const { models } = world;
  const { _id: thread_id } = await rows.ticket(models, {});
  const audiences = ['shared', 'shared', 'owner:dana', 'owner:max'];
  for (let n = 0; n < 120; n += 1) {
    const at = new Date(T0.getTime() + n * 60_000);
    const times = { created_at: at, updated_at: at, last_message_at: at, waiting_since: at };
    const row = { ...matching, ...times, tags: n % 2 ? ['a'] : [] };
    const status = n % 3 ? 'open' : 'closed';
    await rows.ticket(models, { ...row, status });
    const audience = audiences[n % 4]!;
    await rows.conversation(models, { ...row, status, audience });
    await rows.contact(models, { created_at: at, audiences: n % 2 ? ['tickets', 'shared'] : ['owner:max'] });
    const { _id: message_id } = await rows.message(models, { thread_id, created_at: at });
    await rows.attachment(models, { message_id });
    await rows.inboundEmail(models, { state: n % 2 ? 'held' : 'routed', created_at: at });
  }
  const lists: [list: string, collection: string][] = [
    ...['tickets', 'conversations'].flatMap((name) =>
      [
        '',
        'status=open&',
        'status=open&sort=-last_message_at&',
        'status=open&sort=waiting_since&',
        'status=open&sort=-priority&',
        'inbox=true&sort=-last_message_at&',
        'agent_id=none&',
        'contact_id=none&',
        'workspace_email_id=none&',
        'tag=a&',
        'view=groups&',
      ].map((filter): [string, string] => [`/${name}?${filter}`, name]),
    ),
    // A word of every ticket.
    ['/tickets?q=hello&', 'tickets'],
    [`/tickets/${thread_id}/messages?`, 'messages'],
    ['/contacts?', 'contacts'],
    ['/inbound-emails?state=held&', 'inbound_emails'],
  ];
  const limit = 10;
  const { connection } = models;
  for (const [list, collection] of lists) {
    let cursor = '';
    // A later page also reads the last row of the previous page.
    for (const [page, most] of [
      ['first', limit + 1],
      ['later', limit + 2],
    ] as const) {
      const examined = await examinedBy(connection, async () => {
        const answer = await world.get(`${list}limit=${limit}${cursor}`, world.tokens.dana);
        const { data, next_cursor } = (await answer.json()) as { data: unknown[]; next_cursor: string };
        expect([list, page, data.length]).toEqual([list, page, limit]);
        cursor = `&cursor=${next_cursor}`;
      });
      const docs = examined.filter((read) => read.collection === collection).map((read) => read.docs);
      expect([list, page, docs, docs.length > 0 && Math.max(...docs) <= most]).toEqual([
        list,
        page,
        docs,
        true,
      ]);
    }
  }
});

test('so do the queries of an agent’s requests, except for rows found by id', async () => {
  await seedEmails(world);
  const id = await askedTicket(world);
  const { models, tokens } = world;
  // After the numbers of the rows above.
  await models.Workspace.updateOne({ _id: 'acme' }, { last_ticket_number: 10_000 });
  const upload = await storedFile(world, 'x', { message_id: '', audience: 'owner:max' });
  const reply = { text: 'x', sending_email: 'max@acme.test', attachments: [upload] };
  const opening = { to: ['a@x.test'], text: 'x', sending_email: 'max@acme.test' };
  const requests: [name: string, ask: () => Promise<Response>][] = [
    ['reply-defaults', () => world.get(`/tickets/${id}/reply-defaults`, tokens.max)],
    ['a reply', () => world.post(`/tickets/${id}/messages`, tokens.max, reply, { 'idempotency-key': 'k' })],
    ['a note', () => world.post(`/tickets/${id}/messages`, tokens.max, { text: 'x', note: true })],
    ['a ticket', () => world.post('/tickets', tokens.max, opening)],
    ['a conversation', () => world.post('/conversations', tokens.max, opening)],
    ['the workspace', () => world.get('', tokens.max)],
    ['a change', () => world.patch(`/tickets/${id}`, tokens.max, { status: 'pending', agent_id: 'max' })],
  ];
  for (const [name, ask] of requests) {
    finds = [];
    expect([name, (await ask()).ok]).toEqual([name, true]);
    for (const find of finds.filter(({ filter }) => !('_id' in filter))) {
      expect([name, find]).toMatchObject([name, { filter: { workspace_id: 'acme' } }]);
      expect([name, find, new Set(await firstFields(find))]).toEqual([name, find, new Set(['workspace_id'])]);
    }
  }
});

test('counts use indexes that start with the workspace, and end at some time', async () => {
  aggregates = [];
  expect((await world.get('/counts', world.tokens.dana)).status).toBe(200);
  expect(aggregates).toHaveLength(28);
  for (const { aggregate, pipeline } of aggregates) {
    const [{ $match: filter } = {}, limit] = pipeline;
    expect([filter, limit]).toMatchObject([
      { workspace_id: 'acme' },
      { $limit: expect.any(Number) as number },
    ]);
    expect(new Set(await firstFields({ find: aggregate, filter: filter! }))).toEqual(
      new Set(['workspace_id']),
    );
  }
});

test('closed tickets cost neither a count nor a list of open ones anything', async () => {
  const { models, tokens } = world;
  for (let i = 0; i < 20; i += 1) {
    await rows.ticket(models, { number: 1_000 + i, status: 'closed', agent_id: 'dana' });
  }
  aggregates = [];
  finds = [];
  await world.get('/counts', tokens.dana);
  await world.get('/tickets?agent_id=dana&status=open', tokens.dana);
  const list = finds.find(({ find }) => find === 'tickets')!;
  const counted = aggregates.find(
    ({ aggregate, pipeline: [{ $match: filter } = {}] }) =>
      aggregate === 'tickets' && filter?.status !== 'closed',
  )!;
  const examined = async ({ find, filter, sort }: Find): Promise<number> => {
    const plan = await models.connection.db!.command({
      explain: { find, filter, ...(sort && { sort }) },
      verbosity: 'executionStats',
    });
    return (plan.executionStats as { totalDocsExamined: number }).totalDocsExamined;
  };
  expect(await examined(list)).toBe(0);
  const { $match: filter = {} } = counted.pipeline[0]!;
  expect(await examined({ find: 'tickets', filter })).toBe(await models.Ticket.countDocuments(filter));
});

test('the sweeps of trash and merges use indexes of their own', async () => {
  for (const field of ['deleted_at', 'merged_at'])
    for (const find of ['tickets', 'conversations'])
      expect(await firstFields({ find, filter: { [field]: { $lt: new Date() } } })).toEqual([field]);
});

test('runs that must be started are found in all workspaces by an index of their own', async () => {
  const find = { find: 'messages', filter: { 'outbound.wants_start': true } };
  expect(await firstFields(find)).toEqual(['outbound.wants_start']);
});

test('the check above recognises a collection scan', async () => {
  expect(await firstFields({ find: 'tickets', filter: { subject: 'x' } })).toEqual([undefined]);
});
