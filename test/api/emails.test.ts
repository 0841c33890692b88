import { PROOF_DAYS } from '../../src/core/addresses/proof.ts';
import { createWorld, rows, T0, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

/** The fields that tests read by name; the rest is compared. */
interface Body {
  id: string;
  address: string;
  can_receive: boolean;
  forwarding_address: string;
  forwarding_addresses: { address: string }[];
  confirmations: { code: string }[];
  proof: { expires_at: string };
  detail: string;
  errors?: { field: string }[];
  data: Body[];
}
interface Answer {
  status: number;
  body: Body;
}
async function answer(asked: Promise<Response>): Promise<Answer> {
  const response = await asked;
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text || 'null') as Body };
}
const add = (body: object, token = world.tokens.olga) => answer(world.post('/emails', token, body));
const fields = ({ status, body }: Answer): unknown[] => [
  status,
  ...(body.errors ?? []).map(({ field }) => field),
];
const platform = (local: string) => ({
  address: `${local}@postroom.test`,
  purpose: 'ticket',
  kind: 'platform',
});
const elsewhere = (address = 'support@acme.com') => ({ address, purpose: 'ticket', kind: 'forwarding' });

describe('an address on the platform’s domain', () => {
  test('works at once', async () => {
    const { status, body } = await add({ ...platform('Desk'), display_name: 'Desk' });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      address: 'desk@postroom.test',
      display_name: 'Desk',
      purpose: 'ticket',
      user_id: null,
      kind: 'platform',
      state: 'verified',
      can_send: true,
      can_receive: true,
      active: true,
      forwarding_address: null,
      proof: null,
      confirmations: [],
    });
    expect((await answer(world.get(`/emails/${body.id}`, world.tokens.max))).body).toMatchObject({
      address: 'desk@postroom.test',
    });
    expect(world.asked.setUp).toEqual([]);
  });

  test('is no reserved one, and neither is a slug; those of teams are not reserved', async () => {
    const reserved = [
      'postmaster abuse mailer-daemon noreply hostmaster webmaster security root admin Admin fwd-1',
      'administrator ssladmin no-reply no_reply notifications dmarc info marketing noc www news sys.admin',
    ];
    for (const local of reserved.flatMap((locals) => locals.split(' '))) {
      const refused = await add(platform(local));
      expect([local, ...fields(refused)]).toEqual([local, 422, 'address']);
      expect(refused.body.detail).toContain('reserved');
      const slug = await answer(world.patch('', world.tokens.olga, { slug: local }));
      expect([local, ...fields(slug)]).toEqual([local, 422, 'slug']);
    }
    for (const local of ['support', 'sales', 'billing', 'info.acme'])
      expect((await add(platform(local))).status).toBe(201);
  });

  test('a name that is taken is still had before the workspace’s own slug, and before no other’s', async () => {
    const path = `${world.url}/api/v1/workspaces/other`;
    const headers = {
      authorization: `Bearer ${world.tokens.stranger}`,
      'content-type': 'application/json',
    };
    const strangers = (method: string, below: string, body: object) =>
      answer(fetch(path + below, { method, headers, body: JSON.stringify(body) }));
    expect((await add(platform('desk'))).status).toBe(201);
    expect((await answer(world.patch('', world.tokens.olga, { slug: 'acme' }))).status).toBe(200);
    expect((await strangers('PATCH', '', { slug: 'other-one' })).status).toBe(200);
    const taken = await strangers('POST', '/emails', platform('desk'));
    expect(taken.body.detail).toContain('desk.other-one@postroom.test');
    expect((await strangers('POST', '/emails', platform('desk.other-one'))).status).toBe(201);
    expect(fields(await strangers('POST', '/emails', platform('sales.acme')))).toEqual([422, 'address']);
    expect((await add(platform('sales.acme'))).status).toBe(201);
  });

  test.each(['a+b', '.a', 'a..b', 'ä', 'a'.repeat(65)])('%s is not a valid local part', async (local) => {
    expect(fields(await add(platform(local)))).toEqual([422, 'address']);
  });

  test('must be on that domain', async () => {
    expect(fields(await add({ ...platform('x'), address: 'x@elsewhere.test' }))).toEqual([422, 'address']);
    expect(fields(await add({ ...platform('x'), kind: 'forwarding' }))).toEqual([422, 'address']);
    expect(fields(await add(elsewhere('x@sub.postroom.test')))).toEqual([422, 'address']);
  });

  test('is never given to another workspace, not even after it was deleted; the same workspace can have it again', async () => {
    const other = `${world.url}/api/v1/workspaces/other/emails`;
    const headers = {
      authorization: `Bearer ${world.tokens.stranger}`,
      'content-type': 'application/json',
    };
    const strangers = () =>
      answer(fetch(other, { method: 'POST', headers, body: JSON.stringify(platform('desk')) }));
    const { body } = await add(platform('desk'));
    expect(fields(await strangers())).toEqual([422, 'address']);
    expect(fields(await add(platform('desk')))).toEqual([422, 'address']);
    expect((await world.delete(`/emails/${body.id}`, world.tokens.olga)).status).toBe(204);
    expect(fields(await strangers())).toEqual([422, 'address']);
    const again = await add(platform('desk'));
    expect(again.status).toBe(201);
    expect(again.body.id).not.toBe(body.id);
  });

  test('concurrent requests create it once', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => add(platform('desk'))));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(7).fill(422)]);
    expect(await world.models.WorkspaceEmail.countDocuments({ address: 'desk@postroom.test' })).toBe(1);
  });
});

describe('the user of an address', () => {
  test('only with purpose inbox, and only a member', async () => {
    const dana = { ...platform('dana'), user_id: 'dana' };
    expect(fields(await add(dana))).toEqual([422, 'user_id']);
    expect(fields(await add({ ...dana, purpose: 'inbox', user_id: 'stranger' }))).toEqual([422, 'user_id']);
    expect((await add({ ...dana, purpose: 'inbox' })).body).toMatchObject({ user_id: 'dana' });
  });

  test('members read, owners write, strangers see nothing', async () => {
    const { body } = await add(platform('desk'));
    const { max, stranger } = world.tokens;
    expect((await add(platform('other'), max)).status).toBe(403);
    expect((await world.patch(`/emails/${body.id}`, max, { active: false })).status).toBe(403);
    expect((await world.delete(`/emails/${body.id}`, max)).status).toBe(403);
    expect((await world.post(`/emails/${body.id}/forwarding-addresses`, max, {})).status).toBe(403);
    for (const step of ['verify', 'send-code', 'check'])
      expect((await world.post(`/emails/${body.id}/${step}`, max, { code: '123456' })).status).toBe(403);
    expect((await world.get(`/emails/${body.id}`, stranger)).status).toBe(404);
    expect((await world.patch(`/emails/${body.id}`, stranger, { active: false })).status).toBe(404);
  });

  test('changing the purpose to ticket removes the user', async () => {
    const { body } = await add({ ...platform('dana'), purpose: 'inbox', user_id: 'dana' });
    const changed = await answer(world.patch(`/emails/${body.id}`, world.tokens.olga, { purpose: 'ticket' }));
    expect(changed.body).toMatchObject({ purpose: 'ticket', user_id: null });
    const wrong = answer(world.patch(`/emails/${body.id}`, world.tokens.olga, { user_id: 'max' }));
    expect(fields(await wrong)).toEqual([422, 'user_id']);
  });
});

describe('switches', () => {
  test('of a proved address can be switched off and on again', async () => {
    const { body } = await add(platform('desk'));
    for (const flags of [
      { can_receive: false },
      { can_send: false },
      { can_receive: true, can_send: true },
    ]) {
      const changed = await answer(world.patch(`/emails/${body.id}`, world.tokens.olga, flags));
      expect(changed).toMatchObject({ status: 200, body: flags });
    }
  });

  test('of an address without proof cannot be switched on', async () => {
    const { body } = await add(elsewhere());
    for (const flag of ['can_receive', 'can_send']) {
      const refused = answer(world.patch(`/emails/${body.id}`, world.tokens.olga, { [flag]: true }));
      expect(fields(await refused)).toEqual([422, flag]);
    }
    const off = await answer(world.patch(`/emails/${body.id}`, world.tokens.olga, { can_receive: false }));
    expect(off.status).toBe(200);
  });

  test('of an address of a domain follow the domain', async () => {
    const claim = {
      _id: 'd1',
      workspace_id: 'acme',
      name: 'acme.com',
      state: 'pending' as const,
      ownership_value: 'x',
      sending: false,
      receiving: true,
      run: 1,
      wants_start: false,
      created_at: T0,
    };
    const wanted = { address: 'hi@acme.com', purpose: 'ticket', kind: 'domain' };
    expect(fields(await add(wanted))).toEqual([422, 'address']);
    await world.models.Domain.create(claim);
    expect(fields(await add(wanted))).toEqual([422, 'address']);
    await world.models.Domain.updateOne({ _id: 'd1' }, { $set: { owned_at: T0 } });
    const { body } = await add(wanted);
    expect(body).toMatchObject({ state: 'verified', can_receive: true, can_send: false });
    const refused = answer(world.patch(`/emails/${body.id}`, world.tokens.olga, { can_send: true }));
    expect(fields(await refused)).toEqual([422, 'can_send']);
  });

  test('of an address that another workspace receives for stay off', async () => {
    await rows.workspaceEmail(world.models, {
      workspace_id: 'other',
      address: 'support@acme.com',
      kind: 'forwarding',
      proved_at: T0,
    });
    const { body } = await add(elsewhere());
    await world.models.WorkspaceEmail.updateOne({ _id: body.id }, { $set: { proved_at: T0 } });
    const refused = answer(world.patch(`/emails/${body.id}`, world.tokens.olga, { can_receive: true }));
    expect(fields(await refused)).toEqual([422, 'can_receive']);
    expect((await answer(world.get(`/emails/${body.id}`, world.tokens.olga))).body).toMatchObject({
      can_receive: false,
      problem: expect.stringContaining('Another workspace receives'),
    });
  });
});

describe('an address that is hosted elsewhere', () => {
  test('waits for its proof, and says how to prove it', async () => {
    const { status, body } = await add(elsewhere('Support@ACME.com'));
    expect(status).toBe(201);
    expect(body).toMatchObject({
      address: 'support@acme.com',
      kind: 'forwarding',
      state: 'pending',
      can_receive: false,
      can_send: false,
      active: true,
      forwarding_address: expect.stringMatching(/^fwd-[0-9a-f]{20}@postroom\.test$/),
      proof: {
        state: 'pending',
        code: { wanted: true, tries_left: 10, problem: null },
        dns: {
          type: 'TXT',
          name: '_postroom.acme.com',
          found: [],
          value: expect.stringMatching(/^postroom-email=[0-9a-f]{32}$/),
        },
      },
    });
    const days = (Date.parse(body.proof.expires_at) - Date.now()) / 86_400_000;
    expect(days).toBeCloseTo(PROOF_DAYS, 1);
    const proof = await world.models.AddressProof.findOne({ workspace_email_id: body.id }).orFail();
    expect(world.asked.setUp).toEqual([['verifyForwarding', { id: proof._id, run: 1 }]]);
    expect(proof.wants_start).toBe(true);
  });

  test.each(['nobody', 'x@localhost', 'x@[192.0.2.1]', 'x@co m.test'])(
    '%s is not an address',
    async (address) => {
      expect(fields(await add(elsewhere(address)))).toEqual([422, 'address']);
    },
  );

  test('can share the forwarding address of another, and still has its own', async () => {
    const first = await add(elsewhere());
    const shared = first.body.forwarding_address;
    const { body } = await add({ ...elsewhere('sales@acme.com'), forwarding_address: shared });
    expect(body.forwarding_address).toBe(shared);
    expect(body.forwarding_addresses).toHaveLength(1);
    expect(body.forwarding_addresses[0]!.address).not.toBe(shared);
    const unknown = { ...elsewhere('x@acme.com'), forwarding_address: 'fwd-0@postroom.test' };
    expect(fields(await add(unknown))).toEqual([422, 'forwarding_address']);
  });

  test('a personal one has a forwarding address that no other shares', async () => {
    const dana = { ...elsewhere('dana@acme.com'), purpose: 'inbox', user_id: 'dana' };
    const team = await add(elsewhere());
    const refused = await add({ ...dana, forwarding_address: team.body.forwarding_address });
    expect(fields(refused)).toEqual([422, 'forwarding_address']);
    const personal = await add(dana);
    const sharing = { ...elsewhere('x@acme.com'), forwarding_address: personal.body.forwarding_address };
    expect(fields(await add(sharing))).toEqual([422, 'forwarding_address']);
    const shared = await add({
      ...elsewhere('s@acme.com'),
      forwarding_address: team.body.forwarding_address,
    });
    for (const id of [team.body.id, shared.body.id]) {
      const email = answer(
        world.patch(`/emails/${id}`, world.tokens.olga, { purpose: 'inbox', user_id: 'dana' }),
      );
      expect(fields(await email)).toEqual([422, 'user_id']);
    }
  });

  test('an address of any kind can have further forwarding addresses', async () => {
    const { body } = await add(platform('desk'));
    const added = await answer(world.post(`/emails/${body.id}/forwarding-addresses`, world.tokens.olga, {}));
    expect(added).toMatchObject({
      status: 201,
      body: { address: expect.stringContaining('@postroom.test') },
    });
    const shown = await answer(world.get(`/emails/${body.id}`, world.tokens.olga));
    expect(shown.body).toMatchObject({
      forwarding_address: added.body.address,
      forwarding_addresses: [added.body],
    });
  });

  test('at most a hundred may wait for their proof', async () => {
    const { body } = await add(elsewhere());
    const [proof] = await world.models.AddressProof.find({ workspace_email_id: body.id }).lean();
    const more = Array.from({ length: 99 }, (_, n) => ({ ...proof!, _id: `p${n}` }));
    await world.models.AddressProof.insertMany(more);
    expect(fields(await add(elsewhere('sales@acme.com')))).toEqual([422, 'address']);
    expect((await add(platform('desk'))).status).toBe(201);
  });

  test('after deletion it is not listed, its proof is dropped, and its run is woken', async () => {
    const { body } = await add(elsewhere());
    expect((await world.delete(`/emails/${body.id}`, world.tokens.olga)).status).toBe(204);
    expect((await world.get(`/emails/${body.id}`, world.tokens.olga)).status).toBe(404);
    expect((await answer(world.get('/emails', world.tokens.olga))).body.data).toEqual([]);
    const proof = await world.models.AddressProof.findOne({ address: 'support@acme.com' }).orFail();
    expect(proof.state).toBe('dropped');
    expect(world.asked.wakeSetUp).toEqual([['verifyForwarding', { id: proof._id, run: 1 }]]);
    // Added again: a new proof with a run of its own; the limits of the former one still apply.
    await world.delete(`/emails/${(await add(elsewhere())).body.id}`, world.tokens.olga);
    const again = await add(elsewhere());
    expect(again.body.proof).toMatchObject({
      state: 'pending',
      code: { wanted: false, problem: expect.stringContaining('Too many codes') },
    });
    expect(world.asked.setUp.at(-1)).toEqual(['verifyForwarding', { id: proof._id, run: 3 }]);
  });
});

test.each([
  ['send-code', 'code_wanted_at'],
  ['check', 'check_wanted_at'],
] as const)(
  '%s is wanted until its run has heard of it, also while Temporal is away',
  async (what, wanted) => {
    const { body } = await add(elsewhere());
    const proofs = world.models.AddressProof;
    const before = { wants_start: false, code_wanted_at: null, check_wanted_at: null };
    await proofs.updateOne({ workspace_email_id: body.id }, { $set: before });
    world.asked.setUp.length = 0;
    expect((await world.post(`/emails/${body.id}/${what}`, world.tokens.olga)).status).toBe(202);
    const proof = await proofs.findOne({ workspace_email_id: body.id }).orFail().lean();
    expect(proof).toMatchObject({ wants_start: true, [wanted]: expect.any(Date) });
    expect(world.asked.setUp).toEqual([['verifyForwarding', { id: proof._id, run: 1 }]]);
  },
);

test('checks in a loop or concurrent ones make one look; right after a look it is due some seconds later', async () => {
  const { body } = await add(elsewhere());
  const before = Date.now();
  const looked = { check_wanted_at: null, dns_checked_at: new Date(before) };
  await world.models.AddressProof.updateOne({ workspace_email_id: body.id }, { $set: looked });
  world.asked.setUp.length = 0;
  const check = () => world.post(`/emails/${body.id}/check`, world.tokens.olga);
  const answers = await Promise.all(Array.from({ length: 12 }, check));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  expect((await check()).status).toBe(202);
  expect(world.asked.setUp).toHaveLength(1);
  const proof = await world.models.AddressProof.findOne({ workspace_email_id: body.id }).orFail();
  expect(proof.check_wanted_at!.getTime() - before).toBe(5_000);
});

test('confirmations of a mail host are shown to owners, those of a personal address to its user only', async () => {
  const ask = async (body: object) => {
    const email = (await add(body)).body;
    await world.models.ForwardingAddress.updateOne(
      { address: email.forwarding_address },
      {
        $set: {
          confirmations: [
            {
              provider: 'gmail',
              mailbox: email.address,
              code: '123',
              link: null,
              inbound_email_id: 'i1',
              at: T0,
            },
          ],
        },
      },
    );
    const seen = async (token: string) =>
      (await answer(world.get(`/emails/${email.id}`, token))).body.confirmations.map(({ code }) => code);
    return [await seen(world.tokens.olga), await seen(world.tokens.dana), await seen(world.tokens.max)];
  };
  expect(await ask(elsewhere())).toEqual([['123'], [], []]);
  const dana = { ...elsewhere('dana@acme.com'), purpose: 'inbox', user_id: 'dana' };
  expect(await ask(dana)).toEqual([[], ['123'], []]);
});

test('a formerly personal address does not show its former mail to others, nor does one that shares its forwarding address', async () => {
  const { olga, dana } = world.tokens;
  const personal = { ...elsewhere('dana@acme.com'), purpose: 'inbox', user_id: 'dana' };
  const { id, forwarding_address } = (await add(personal)).body;
  const tell = (code: string, at: Date) =>
    world.models.ForwardingAddress.updateOne(
      { address: forwarding_address },
      {
        $push: {
          confirmations: {
            provider: 'gmail',
            mailbox: 'dana@acme.com',
            code,
            link: null,
            inbound_email_id: code,
            at,
          },
        },
      },
    );
  const seen = async (which: string, token: string) =>
    (await answer(world.get(`/emails/${which}`, token))).body.confirmations.map(({ code }) => code);
  await tell('111', new Date());
  expect([await seen(id, dana), await seen(id, olga)]).toEqual([['111'], []]);
  expect((await world.patch(`/emails/${id}`, olga, { user_id: null })).status).toBe(200);
  await tell('222', new Date());
  const sharing = await add({ ...elsewhere('team@acme.com'), forwarding_address });
  expect([await seen(id, olga), await seen(sharing.body.id, olga)]).toEqual([['222'], ['222']]);
  // The next user does not see what came while the address had no user; changing another setting hides
  // nothing.
  await world.delete(`/emails/${sharing.body.id}`, olga);
  await world.patch(`/emails/${id}`, olga, { display_name: 'D' });
  expect(await seen(id, olga)).toEqual(['222']);
  expect((await world.patch(`/emails/${id}`, olga, { user_id: 'max' })).status).toBe(200);
  expect(await seen(id, world.tokens.max)).toEqual([]);
});

describe('the workspace’s slug', () => {
  const slug = (value: unknown, token = world.tokens.olga) => answer(world.patch('', token, { slug: value }));

  test('can be changed to one that is free; the old address still receives', async () => {
    expect(await slug('acme-one')).toMatchObject({ status: 200, body: { slug: 'acme-one' } });
    expect(await slug('Acme-Two')).toMatchObject({ status: 200, body: { slug: 'acme-two' } });
    expect(await slug('acme-one')).toMatchObject({ status: 200 });
    const emails = (await answer(world.get('/emails', world.tokens.olga))).body.data;
    expect(emails.map(({ address }) => address).sort()).toEqual([
      'acme-one@postroom.test',
      'acme-two@postroom.test',
    ]);
    for (const email of emails) expect(email).toMatchObject({ can_receive: true, purpose: 'ticket' });
  });

  test.each(['admin', 'a b', '', 'fwd-x', 7])('%j is refused', async (value) => {
    expect(fields(await slug(value))).toEqual([422, 'slug']);
  });

  test('that of another workspace is not free', async () => {
    await world.models.PlatformAddress.create({
      _id: 'theirs@postroom.test',
      workspace_id: 'other',
      created_at: T0,
    });
    expect(fields(await slug('theirs'))).toEqual([422, 'slug']);
  });
});
