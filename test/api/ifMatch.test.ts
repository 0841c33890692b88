import { domainRow } from '../core/domains/rows.ts';
import { newId } from '../../src/lib/ids.ts';
import { createWorld, rows, T0, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const read = async (path: string) => {
  const answer = await world.get(path, world.tokens.olga);
  return { etag: answer.headers.get('etag')!, body: (await answer.json()) as Record<string, unknown> };
};
const change = (path: string, body: object, etag?: string) =>
  world.patch(path, world.tokens.olga, body, etag === undefined ? {} : { 'if-match': etag });

/** Each kind of row that can be changed, with a row of its own and two changes. */
const kinds: Record<string, () => Promise<{ path: string; changes: object[] }>> = {
  'a workspace': async () => ({ path: '', changes: [1, 2, 3, 4].map((undo_seconds) => ({ undo_seconds })) }),
  'a workspace’s slug': async () => ({
    path: '',
    changes: ['one', 'two', 'three', 'four'].map((slug) => ({ slug })),
  }),
  'an address': async () => {
    const { _id } = await rows.workspaceEmail(world.models, { proved_at: T0 });
    const changes = [
      { display_name: 'A' },
      { can_send: false },
      { purpose: 'inbox', user_id: 'max' },
      { active: false },
    ];
    return { path: `/emails/${_id}`, changes };
  },
  'a domain': async () => {
    const domain = domainRow({ workspace_id: 'acme', name: 'acme.test', owned_at: T0 });
    await world.models.Domain.create(domain);
    const [first, second] = [
      await rows.workspaceEmail(world.models, { kind: 'domain', proved_at: T0 }),
      await rows.workspaceEmail(world.models, { kind: 'domain', proved_at: T0 }),
    ];
    const changes = [first._id, second._id, null, first._id].map((catch_all) => ({ catch_all }));
    return { path: `/domains/${domain._id}`, changes };
  },
  'a webhook': async () => {
    const { _id } = await world.models.Webhook.create({
      _id: newId(),
      workspace_id: 'acme',
      url: 'https://x.test/',
      events: ['ticket.created'],
      description: '',
      active: true,
      secret: 'sealed',
      created_by: 'olga',
      created_at: T0,
    });
    const changes = [
      { description: 'A' },
      { events: ['contact.created'] },
      { active: false },
      { active: true },
    ];
    return { path: `/webhooks/${_id}`, changes };
  },
  'a member': async () => ({
    path: '/members/max',
    changes: [{ role: 'owner' }, { role: 'member' }, { role: 'owner' }, { role: 'member' }],
  }),
};

describe.each(Object.entries(kinds))('%s', (_, made) => {
  let path: string;
  let changes: object[];
  beforeAll(async () => {
    ({ path, changes } = await made());
  });

  test('is changed if it is as it was read; otherwise 412 has the current ETag', async () => {
    const before = await read(path);
    expect(before.etag).toMatch(/^"\w+"$/);
    expect((await read(path)).etag).toBe(before.etag);
    const first = await change(path, changes[0]!, before.etag);
    expect(first.status).toBe(200);
    const now = await read(path);
    expect([first.headers.get('etag'), now.etag === before.etag]).toEqual([now.etag, false]);
    const late = await change(path, changes[1]!, before.etag);
    expect([late.status, late.headers.get('etag')]).toEqual([412, now.etag]);
    expect(await read(path)).toEqual(now);
    expect((await change(path, changes[1]!, '*')).status).toBe(200);
    expect((await change(path, changes[2]!)).status).toBe(200);
  });

  test('of concurrent changes with the same ETag one succeeds', async () => {
    const { etag } = await read(path);
    const answers = await Promise.all(Array.from({ length: 6 }, () => change(path, changes[3]!, etag)));
    const statuses = answers.map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200, 412]));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  });
});

test('an address that is switched off during a look at its domain stays off', async () => {
  const { _id } = await rows.workspaceEmail(world.models, { proved_at: T0 });
  const switches = [{ can_send: false }, { can_receive: false }, { display_name: 'A' }, { purpose: 'inbox' }];
  const answers = await Promise.all(switches.map((body) => change(`/emails/${_id}`, body)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect((await read(`/emails/${_id}`)).body).toMatchObject({
    can_send: false,
    can_receive: false,
    display_name: 'A',
    purpose: 'inbox',
  });
});
