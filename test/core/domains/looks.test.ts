import type { WorkspaceEmailRow } from '../../../src/infra/models/index.ts';
import { DAY_MS } from './rows.ts';
import { GRACE_MS, NAME, startRig, type Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const states = async (row: Parameters<Rig['read']>[0]) =>
  Object.fromEntries((await rig.read(row)).records.map(({ purpose, state }) => [purpose, state]));

test('a look that was asked for right after another waits until it is due', async () => {
  const row = await rig.claim();
  await rig.look(row);
  await rig.publish(row, ['ownership']);
  const due = new Date(Date.now() + 5_000);
  await rig.models.Domain.updateOne({ _id: row._id }, { $set: { check_wanted_at: due } });
  const { ms } = (await rig.look(row)) as { ms: number };
  expect([ms > 0, ms <= 5_000, (await rig.read(row)).owned_at]).toEqual([true, true, null]);
  rig.pass(5_000);
  await rig.look(row);
  expect(await rig.read(row)).toMatchObject({ owned_at: expect.any(Date), check_wanted_at: null });
});

describe('a claim is proved', () => {
  test('step by step, as its records appear', async () => {
    const row = await rig.claim();
    const email = await rig.addEmail(`support@${NAME}`);
    expect(row.records[0]).toMatchObject({
      purpose: 'ownership',
      type: 'TXT',
      name: `_postroom.${NAME}`,
      value: expect.stringMatching(/^postroom-domain=[0-9a-f]{32}$/),
    });
    expect(await rig.look(row)).toMatchObject({ verdict: 'looked', state: 'pending', apply: false });
    expect(await states(row)).toMatchObject({
      ownership: 'missing',
      spf: 'missing',
      dkim: 'missing',
      mx: 'missing',
    });

    await rig.publish(row, ['spf', 'dkim', 'mx']);
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({
      state: 'pending',
      owned_at: null,
      sending: false,
      receiving: false,
    });
    expect(await rig.flags(email)).toEqual({ can_receive: false, can_send: false });

    await rig.unpublish(row, ['dkim']);
    await rig.publish(row, ['ownership']);
    expect(await rig.look(row)).toMatchObject({ applied: { verdict: 'applied' } });
    const owned = await rig.read(row);
    expect(owned).toMatchObject({ state: 'pending', sending: false, receiving: true, wants_applying: false });
    expect(owned.problem).toContain('DKIM');
    expect(await rig.flags(email)).toEqual({ can_receive: true, can_send: false });

    rig.pass(60_000);
    await rig.publish(row);
    expect(await rig.look(row)).toMatchObject({ state: 'verified', ms: DAY_MS });
    expect(await rig.read(row)).toMatchObject({ sending: true, problem: null });
    expect(await rig.flags(email)).toEqual({ can_receive: true, can_send: true });
    expect(await rig.atProvider()).toEqual({ domains: [NAME], routes: [NAME, 'postroom.test'] });
    expect(rig.mailTo('olga')).toEqual([]);
  });

  test('tracking is never needed', async () => {
    const row = await rig.claim();
    await rig.publish(row, ['ownership', 'spf', 'dkim', 'mx']);
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({ state: 'verified', problem: null });
    expect(await states(row)).toMatchObject({ tracking: 'missing' });
  });

  test('the majority of resolvers decides: one wrong or silent resolver does not', async () => {
    const row = await rig.claim();
    const [a, b, c] = rig.dns;
    await rig.publish(row, undefined, [a]);
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({ owned_at: null });
    b.fail('*', 'SERVFAIL');
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({ owned_at: null });
    await rig.publish(row, undefined, [c]);
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({ state: 'verified' });
  });

  test('another value is wrong, and shown', async () => {
    const row = await rig.claim();
    for (const server of rig.dns) await server.set(`_postroom.${NAME}`, 'TXT', ['postroom-domain=stolen']);
    await rig.look(row);
    const [ownership] = (await rig.read(row)).records;
    expect(ownership).toMatchObject({ state: 'wrong', found: ['postroom-domain=stolen'] });
  });

  test('expires in time, and leaves the domain at the provider', async () => {
    const row = await rig.claim();
    rig.pass(14 * DAY_MS);
    expect(await rig.look(row)).toMatchObject({
      verdict: 'over',
      state: 'expired',
      left: { provider: 'kept' },
    });
    expect(await rig.read(row)).toMatchObject({ state: 'expired', deleted_at: null });
    expect(await rig.step('lookAtDomain', row)).toEqual({ verdict: 'over', state: 'expired' });
  });
});

describe('breaks', () => {
  test('DKIM: grace, a mail to each owner once, then no sending; mended', async () => {
    const row = await rig.verified();
    const email = await rig.addEmail(`support@${NAME}`);
    await rig.step('applyDomain', row);
    await rig.unpublish(row, ['dkim']);
    expect(await rig.look(row)).toMatchObject({ state: 'failing', told: { verdict: 'told' } });
    await rig.look(row);
    expect(rig.mailTo('olga')).toEqual([`${NAME}: the DNS settings need your attention`]);
    expect(rig.mailTo('dana')).toEqual([]);
    expect(await rig.flags(email)).toEqual({ can_receive: true, can_send: true });

    rig.pass(GRACE_MS);
    expect(await rig.look(row)).toMatchObject({ state: 'broken' });
    expect(await rig.flags(email)).toEqual({ can_receive: true, can_send: false });
    expect(rig.mailTo('olga')).toHaveLength(2);

    rig.pass(60_000);
    await rig.publish(row);
    expect(await rig.look(row)).toMatchObject({ state: 'verified' });
    expect(await rig.flags(email)).toEqual({ can_receive: true, can_send: true });
    expect(rig.mailTo('olga')).toEqual([
      `${NAME}: the DNS settings need your attention`,
      `${NAME}: Postroom no longer sends from this domain`,
      `${NAME}: the problem is solved`,
    ]);
  });

  test.each(['SERVFAIL', 'REFUSED', 'timeout'] as const)(
    'resolvers that answer %s are no breakage',
    async (fault) => {
      const row = await rig.verified();
      for (const server of rig.dns.slice(1)) server.fail('*', fault);
      await rig.unpublish(row, ['ownership', 'dkim', 'spf', 'mx'], [rig.dns[0]]);
      await rig.look(row);
      rig.pass(30 * DAY_MS);
      await rig.look(row);
      const after = await rig.read(row);
      expect(after).toMatchObject({ state: 'verified', sending: true, receiving: true });
      expect(after.problem).toContain('DNS did not answer');
      expect(rig.mailTo('olga')).toEqual([]);
    },
  );

  test.each([
    { answer: 500 },
    { answer: 'drop' },
    { answer: 'html' },
    { answer: 'empty' },
    { answer: 401 },
  ] as const)('a provider that answers $answer is no breakage', async (fault) => {
    const row = await rig.verified();
    rig.sandbox.faults.set({ domains: fault });
    expect(await rig.look(row)).toMatchObject({ verdict: 'looked', state: 'verified' });
    rig.pass(30 * DAY_MS);
    await rig.look(row);
    const after = await rig.read(row);
    expect(after).toMatchObject({ state: 'verified', sending: true, receiving: true });
    expect(after.problem).toContain('provider');
    rig.sandbox.faults.clear();
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({ problem: null });
  });

  test('missing MX records are reported once, and the domain continues to receive', async () => {
    const row = await rig.verified();
    await rig.unpublish(row, ['mx']);
    await rig.look(row);
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({ state: 'verified', receiving: true });
    expect(rig.mailTo('olga')).toEqual([`${NAME}: new mail no longer reaches Postroom`]);
    expect((await rig.atProvider()).routes).toContain(NAME);
  });

  test('ownership is gone: after the grace the claim is lost, and what came of it is taken back', async () => {
    const row = await rig.verified();
    const email = await rig.addEmail(`support@${NAME}`);
    await rig.step('applyDomain', row);
    await rig.unpublish(row, ['ownership']);
    await rig.look(row);
    expect(await rig.flags(email)).toEqual({ can_receive: true, can_send: true });
    rig.pass(GRACE_MS);
    expect(await rig.look(row)).toMatchObject({
      verdict: 'over',
      state: 'lost',
      left: { provider: 'removed' },
    });
    expect(await rig.flags(email)).toEqual({ can_receive: false, can_send: false });
    const shown = () => rig.models.WorkspaceEmail.findById(email).orFail().lean<WorkspaceEmailRow>();
    expect(await shown()).toMatchObject({ proved_at: null, expired_at: expect.any(Date) });
    expect(await rig.atProvider()).toEqual({ domains: [], routes: ['postroom.test'] });
    expect(rig.mailTo('olga')).toEqual([
      `${NAME}: the DNS settings need your attention`,
      `${NAME}: removed from your workspace`,
    ]);
    // Claimed again, and proved; the provider has made a new DKIM key.
    await rig.verified();
    expect(await rig.flags(email)).toMatchObject({ can_receive: true });
    expect(await shown()).toMatchObject({ proved_at: expect.any(Date), expired_at: null });
  });

  test('somebody removed it at the provider: it is made again, with records of its own', async () => {
    const row = await rig.verified();
    await rig.deps.setUp.removeDomain(NAME);
    await rig.look(row);
    const after = await rig.read(row);
    expect(after.state).toBe('failing');
    expect(after.problem).toContain('DKIM');
    await rig.publish(after, ['dkim']);
    for (const server of rig.dns) {
      const dkim = after.records.find(({ purpose }) => purpose === 'dkim')!;
      await server.set(dkim.name, 'TXT', [dkim.value]);
    }
    rig.pass(60_000);
    expect(await rig.look(row)).toMatchObject({ state: 'verified' });
  });
});
