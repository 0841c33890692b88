import { claimDomain } from '../../src/core/domains/domainClaims.ts';
import { createSetUp } from '../../src/infra/providers/index.ts';
import { startLocalMailgun, type LocalMailgun } from '../../dev/mailgun/index.ts';
import type { DomainRow } from '../../src/infra/models/index.ts';
import { answerOf, faultsOf } from './answers.ts';
import { createWorld, rows, seedEmails, type World } from './world.ts';

let sandbox: LocalMailgun;
let world: World;
beforeEach(async () => {
  sandbox = await startLocalMailgun({
    port: 0,
    webhookUrl: 'http://127.0.0.1:9',
    signingKey: 'key',
    apiKey: 'key',
    takenDomains: ['taken.test'],
  });
  const mailgun = {
    apiKey: 'key',
    signingKey: 'key',
    url: sandbox.url,
    signatureHours: 12,
    timeoutMs: 20_000,
  };
  world = await createWorld({ setUp: createSetUp({ mailgun }) });
});
afterEach(async () => {
  await world[Symbol.asyncDispose]();
  await sandbox.close();
});

interface Domain {
  id: string;
  name: string;
  state: string;
  problem: string | null;
  catch_all: { id: string; address: string } | null;
  records: {
    purpose: string;
    type: string;
    name: string;
    value: string;
    priority: number | null;
    state: string;
  }[];
}
const asDomain = async (asked: Promise<Response>) => {
  const { status, body } = await answerOf(asked);
  return { status, body: body as unknown as Domain };
};
const add = (name: unknown = 'acme.test', token = world.tokens.olga) =>
  world.post('/domains', token, { name });
const added = async (name?: string): Promise<Domain> => (await asDomain(add(name))).body;
const set = (id: string, change: Partial<DomainRow>) =>
  world.models.Domain.updateOne({ _id: id }, { $set: change });
const own = (id: string) => set(id, { owned_at: new Date(), receiving: true });
const row = (id: string) => world.models.Domain.findById(id).orFail().lean<DomainRow>();

describe('POST', () => {
  test('201 with the records to publish; its run is requested', async () => {
    const { status, body } = await asDomain(add('Acme.TEST.'));
    expect(status).toBe(201);
    expect(body).toEqual({
      id: expect.any(String),
      name: 'acme.test',
      state: 'pending',
      owned_at: null,
      sending: false,
      receiving: false,
      catch_all: null,
      failing_since: null,
      grace_until: null,
      problem: expect.stringContaining('_postroom.acme.test'),
      records: expect.any(Array),
      expires_at: expect.any(String),
      checked_at: null,
      check_wanted_at: null,
      created_at: expect.any(String),
    });
    const order = ['ownership', 'spf', 'dkim', 'mx', 'mx', 'tracking'];
    expect(body.records.map(({ purpose }) => purpose)).toEqual(order);
    const recordsFor = (purpose: string) => body.records.filter((record) => record.purpose === purpose);
    expect(body.records[0]).toEqual({
      purpose: 'ownership',
      type: 'TXT',
      name: '_postroom.acme.test',
      priority: null,
      value: expect.stringMatching(/^postroom-domain=[0-9a-f]{32}$/),
      state: 'pending',
      found: [],
    });
    expect(recordsFor('spf')).toMatchObject([{ type: 'TXT', name: 'acme.test' }]);
    expect(recordsFor('dkim')).toMatchObject([
      { type: 'TXT', name: expect.stringMatching(/\._domainkey\.acme\.test$/) },
    ]);
    expect(recordsFor('mx')).toMatchObject([{ type: 'MX', name: 'acme.test', priority: 10 }, { type: 'MX' }]);
    expect(recordsFor('tracking')).toMatchObject([{ type: 'CNAME' }]);
    expect(await row(body.id)).toMatchObject({ wants_start: true, run: 1 });
    expect((await asDomain(world.get(`/domains/${body.id}`, world.tokens.dana))).body).toEqual(body);
  });

  test('403 for members, 401 without a token', async () => {
    expect((await add('acme.test', world.tokens.dana)).status).toBe(403);
    expect((await world.post('/domains', undefined, { name: 'acme.test' })).status).toBe(401);
    expect((await add('acme.test', world.tokens.stranger)).status).toBe(404);
    expect(await world.models.Domain.countDocuments()).toBe(0);
  });

  test.each([
    ['no domain', 'acme'],
    ['a URL', 'https://acme.com/'],
    ['an address', 'support@acme.com'],
    ['a number', 7],
    ['the platform’s', 'postroom.test'],
    ['below the platform’s', 'mail.postroom.test'],
    ['above the platform’s', 'test'],
  ])('422 on %s', async (_what, name) => {
    expect(await faultsOf(answerOf(add(name)))).toEqual([422, 'name']);
    expect(
      await faultsOf(answerOf(world.post('/domains', world.tokens.olga, { name: 'a.test', x: 1 }))),
    ).toEqual([422, 'x']);
  });

  test('422 when the workspace has it already, however it is written; another workspace’s domain does not matter', async () => {
    await added('bücher.test');
    expect(await faultsOf(answerOf(add('XN--bcher-kva.test')))).toEqual([422, 'name']);
    await claimDomain(world.models, 'other', 'acme.test');
    expect((await add()).status).toBe(201);
  });

  test('concurrent requests create one', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => add()));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(422)]);
    expect(await world.models.Domain.countDocuments()).toBe(1);
  });

  test('again after it was deleted, expired or lost: a new claim, the same record', async () => {
    let before = await added();
    for (const change of [{ deleted_at: new Date() }, { state: 'expired' }, { state: 'lost' }] as const) {
      await set(before.id, change);
      const again = await added();
      expect(again.state).toBe('pending');
      expect(again.records[0]).toEqual(before.records[0]);
      expect(again.id).not.toBe(before.id);
      const { data } = (await (await world.get('/domains', world.tokens.olga)).json()) as { data: Domain[] };
      expect(data.map(({ id }) => id)).toEqual([again.id]);
      before = again;
    }
  });

  test.each([
    ['answers 500', { answer: 500 }, 'is not answering'],
    ['drops the connection', { answer: 'drop' }, 'is not answering'],
    ['limits calls', { answer: 429 }, 'is not answering'],
    ['answers with a page', { answer: 'html' }, 'is not answering'],
    ['refuses the key', { answer: 401 }, 'refuses requests of this installation'],
    ['refuses the domain', { answer: 400, method: 'POST', message: 'too long' }, 'too long'],
    ['is silent', { answer: 'hang' }, 'has not answered yet'],
  ] as const)('a provider that %s: 201 with the ownership record, and why', async (_what, fault, words) => {
    sandbox.faults.set({ domains: fault });
    const { status, body } = await asDomain(add());
    expect(status).toBe(201);
    expect(body.records.map(({ purpose }) => purpose)).toEqual(['ownership']);
    expect(body.problem).toContain(words);
    expect(await row(body.id)).toMatchObject({ wants_start: true });
  });

  test('a domain of another account at the provider: 201, and what to do', async () => {
    const { status, body } = await asDomain(add('taken.test'));
    expect(status).toBe(201);
    expect(body.records).toHaveLength(1);
    expect(body.problem).toContain('Another account at the mail provider');
  });
});

describe('PATCH catch_all', () => {
  beforeEach(() => seedEmails(world));
  const choose = (id: string, catch_all: unknown, token = world.tokens.olga) =>
    world.patch(`/domains/${id}`, token, { catch_all });

  test('200 with the address; null removes it', async () => {
    const { id } = await added();
    await own(id);
    const chosen = await asDomain(choose(id, 'support@acme.test'));
    expect(chosen).toMatchObject({
      status: 200,
      body: { catch_all: { id: 'support@acme.test', address: 'support@acme.test' } },
    });
    expect((await asDomain(choose(id, null))).body.catch_all).toBeNull();
  });

  test('422 before the ownership of the domain is proved; null is allowed', async () => {
    const { id } = await added();
    expect(await faultsOf(answerOf(choose(id, 'support@acme.test')))).toEqual([422, 'catch_all']);
    expect((await choose(id, null)).status).toBe(200);
  });

  test('422 for an address that is personal, of another workspace, deleted or unknown', async () => {
    const { id } = await added();
    await own(id);
    const foreign = await rows.workspaceEmail(world.models, { workspace_id: 'other' });
    const gone = await rows.workspaceEmail(world.models, { deleted_at: new Date(), can_receive: false });
    for (const wrong of ['dana@acme.test', foreign._id, gone._id, 'none', 7])
      expect(await faultsOf(answerOf(choose(id, wrong)))).toEqual([422, 'catch_all']);
    expect(await faultsOf(answerOf(world.patch(`/domains/${id}`, world.tokens.olga, {})))).toEqual([
      422,
      'catch_all',
    ]);
  });

  test('403 for members; 404 for what is not there', async () => {
    const { id } = await added();
    expect((await choose(id, null, world.tokens.dana)).status).toBe(403);
    expect((await choose('none', null)).status).toBe(404);
  });
});

describe('POST check', () => {
  const check = (id: string, token = world.tokens.olga) => world.post(`/domains/${id}/check`, token);

  test('202: a look is requested, and the run is woken', async () => {
    const { id } = await added();
    await set(id, { wants_start: false });
    expect(await asDomain(check(id))).toMatchObject({ status: 202, body: { id } });
    expect(await row(id)).toMatchObject({ check_wanted_at: expect.any(Date), wants_start: true });
    expect(world.asked.wakeSetUp).toEqual([['verifyDomain', { id, run: 1 }]]);
  });

  test('requests in a loop or concurrent ones make one look; right after a look it is due some seconds later', async () => {
    const { id } = await added();
    const before = Date.now();
    await set(id, { checked_at: new Date(before) });
    const answers = await Promise.all(Array.from({ length: 12 }, () => check(id)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    expect((await check(id)).status).toBe(202);
    expect(world.asked.wakeSetUp).toHaveLength(1);
    const { check_wanted_at } = await row(id);
    expect(check_wanted_at!.getTime() - before).toBe(5_000);
    // After a minute without a look it is requested again.
    await set(id, { check_wanted_at: new Date(before - 61_000) });
    await check(id);
    expect(world.asked.wakeSetUp).toHaveLength(2);
  });

  test.each(['expired', 'lost'] as const)('409 when it is %s', async (state) => {
    const { id } = await added();
    await set(id, { state });
    const { status, body } = await answerOf(check(id));
    expect(status).toBe(409);
    expect(body.detail).toContain('Add the domain again');
  });

  test('403 for members; 404 for what is not there', async () => {
    const { id } = await added();
    expect((await check(id, world.tokens.dana)).status).toBe(403);
    expect((await check('none')).status).toBe(404);
  });
});

describe('DELETE', () => {
  const remove = (id: string, token = world.tokens.olga) => world.delete(`/domains/${id}`, token);

  test('204: its addresses stop at once, the run does the rest; then 404', async () => {
    const { id } = await added();
    await set(id, { owned_at: new Date(), receiving: true, sending: true, state: 'verified' });
    const email = await rows.workspaceEmail(world.models, {
      address: 'support@acme.test',
      kind: 'domain',
      proved_at: new Date(),
    });
    expect((await remove(id)).status).toBe(204);
    expect(await row(id)).toMatchObject({ deleted_at: expect.any(Date), wants_start: true });
    expect(await world.models.WorkspaceEmail.findById(email._id).lean()).toMatchObject({
      can_receive: false,
      can_send: false,
    });
    const shown = await answerOf(world.get(`/emails/${email._id}`, world.tokens.olga));
    expect(shown.body).toMatchObject({ state: 'expired', proved_at: null, can_receive: false });
    expect(world.asked.wakeSetUp).toEqual([['verifyDomain', { id, run: 1 }]]);
    for (const request of [remove(id), world.get(`/domains/${id}`, world.tokens.olga)])
      expect((await request).status).toBe(404);
  });

  test('403 for members; 404 for another workspace’s', async () => {
    const { id } = await added();
    expect((await remove(id, world.tokens.dana)).status).toBe(403);
    await set(id, { workspace_id: 'other' });
    expect((await remove(id)).status).toBe(404);
  });
});

test('GET lists the domains of the workspace, newest first, in pages', async () => {
  for (const name of ['a.test', 'b.test', 'c.test']) await added(name);
  await world.models.Domain.updateOne({ name: 'b.test' }, { $set: { workspace_id: 'other' } });
  const page = async (query: string) =>
    (await (await world.get(`/domains${query}`, world.tokens.dana)).json()) as {
      data: Domain[];
      next_cursor: string;
    };
  const first = await page('?limit=1');
  expect(first.data.map(({ name }) => name)).toEqual(['c.test']);
  const second = await page(`?limit=1&cursor=${first.next_cursor}`);
  expect(second).toMatchObject({ data: [{ name: 'a.test' }], next_cursor: null });
});
