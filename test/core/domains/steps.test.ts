import { createDomainActivities } from '../../../activities/index.ts';
import { keepRoutes } from '../../../src/core/domains/routes.ts';
import { createSetUp } from '../../../src/infra/providers/index.ts';
import { NAME, startRig, type Rig } from './rig.ts';
import { activityEnvironment } from '../../support/activityEnvironment.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const twice = <T>(step: () => Promise<T>) => Promise.all([step(), step()]);

test('a new claim says what is missing, and of DNS nothing before it was asked', async () => {
  const { problem, records } = await rig.claim();
  expect(records.map(({ purpose }) => purpose)).toContain('dkim');
  expect(problem).toBe(
    `The TXT record at _postroom.${NAME}, which proves that you own the domain, is not in DNS yet: publish it.`,
  );
});

describe('steps run twice, also concurrently', () => {
  test('a look', async () => {
    const row = await rig.claim();
    await rig.publish(row);
    const both = await twice(() => rig.step('lookAtDomain', row));
    expect(both).toEqual([both[0], both[0]]);
    expect(await rig.read(row)).toMatchObject({ state: 'verified', notices: [] });
    await rig.unpublish(row, ['dkim']);
    await twice(() => rig.step('lookAtDomain', row));
    await rig.step('lookAtDomain', row);
    expect((await rig.read(row)).notices).toHaveLength(1);
  });

  test('a slow look, when the claim was deleted in the meantime', async () => {
    const row = await rig.verified();
    await rig.models.Domain.updateOne({ _id: row._id }, { $set: { deleted_at: new Date() } });
    await rig.unpublish(row, ['dkim']);
    expect(await rig.step('lookAtDomain', row)).toEqual({ verdict: 'over', state: 'deleted' });
    expect(await rig.read(row)).toMatchObject({ state: 'verified', notices: [] });
  });

  test('mails to the owners: at most one more copy, with the same Message-Id', async () => {
    const row = await rig.verified();
    await rig.unpublish(row, ['dkim']);
    await rig.step('lookAtDomain', row);
    await twice(() => rig.step('tellOwners', row));
    await rig.step('tellOwners', row);
    const ids = rig.sandbox.sends.map(({ messageId }) => messageId);
    expect(new Set(ids).size).toBe(1);
    expect(ids.length).toBeLessThanOrEqual(2);
    expect(await rig.read(row)).toMatchObject({ notices: [] });
  });

  test('leaving', async () => {
    const row = await rig.verified();
    await rig.models.Domain.updateOne({ _id: row._id }, { $set: { deleted_at: new Date() } });
    await twice(() => rig.step('leaveDomain', row));
    expect(await rig.atProvider()).toEqual({ domains: [], routes: ['postroom.test'] });
  });

  test('a run that was superseded by another one writes nothing', async () => {
    const row = await rig.claim();
    await rig.publish(row);
    await rig.models.Domain.updateOne({ _id: row._id }, { $set: { run: 2 } });
    for (const step of ['lookAtDomain', 'applyDomain', 'tellOwners', 'leaveDomain'] as const)
      await expect(rig.step(step, row)).rejects.toMatchObject({ type: 'Superseded', nonRetryable: true });
    expect(await rig.read(row)).toMatchObject({ state: 'pending', changes: 0 });
  });
});

describe('the provider', () => {
  test('is unavailable when the domain is added: only the ownership record, the others once it is back', async () => {
    rig.sandbox.faults.set({ domains: { answer: 503 } });
    const row = await rig.claim();
    expect(row).toMatchObject({ state: 'pending', records: [{ purpose: 'ownership', state: 'pending' }] });
    expect(row.problem).toContain('is not answering');
    await rig.publish(row);
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({
      owned_at: expect.any(Date),
      sending: false,
      wants_applying: true,
    });
    rig.sandbox.faults.clear();
    await rig.look(row);
    await rig.publish(row);
    rig.pass(60_000);
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({ state: 'verified', wants_applying: false });
  });

  test('has the domain in another account: the claim says so, and it is retried', async () => {
    const row = await rig.claim('acme', 'taken.test');
    expect(row.problem).toContain('Another account');
    expect(row.records).toHaveLength(1);
    rig.sandbox.set({ takenDomains: [] });
    await rig.look(row);
    expect((await rig.read(row)).records.length).toBeGreaterThan(1);
  });

  test('limits how often it checks DNS: every request respects the wait', async () => {
    rig.sandbox.set({ verifiesPerMinute: 1 });
    const row = await rig.claim();
    await rig.publish(row, ['ownership', 'spf']);
    await rig.look(row);
    await rig.publish(row);
    // The second within a minute is not asked for.
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({ sending: false });
    rig.pass(60_000);
    await rig.look(row);
    const limited = await rig.read(row);
    expect(limited).toMatchObject({ sending: false, state: 'pending' });
    expect(limited.problem).toContain('has not seen it yet');
    expect(limited.verify_after!.getTime()).toBeGreaterThan(rig.deps.now().getTime());
    rig.sandbox.set({ verifiesPerMinute: null });
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({ sending: false });
    rig.pass(60_000);
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({ state: 'verified' });
  });

  test('is not asked to check DNS while there is nothing new', async () => {
    let asked = 0;
    const { setUp } = rig.deps;
    const counting = (name: string) => {
      asked += 1;
      return setUp.verifyDomain(name);
    };
    rig.deps.setUp = Object.create(setUp, { verifyDomain: { value: counting } }) as typeof setUp;
    const row = await rig.claim();
    await rig.look(row);
    expect(asked).toBe(0);
    await rig.publish(row);
    await rig.look(row);
    rig.pass(60_000);
    await rig.look(row);
    expect(asked).toBe(1);
  });

  test('cannot be notified of a change: addresses are right, and the rest is retried', async () => {
    const row = await rig.claim();
    const email = await rig.addEmail(`support@${NAME}`);
    await rig.publish(row);
    rig.sandbox.faults.set({ domains: { answer: 500, path: '/v3/routes' } });
    expect(await rig.look(row)).toMatchObject({ state: 'verified', applied: { verdict: 'later' } });
    expect(await rig.flags(email)).toEqual({ can_receive: true, can_send: true });
    rig.sandbox.faults.clear();
    expect(await rig.look(row)).toMatchObject({ applied: { verdict: 'applied' } });
    expect((await rig.atProvider()).routes).toContain(NAME);
  });

  test('accepts no mail for now: owners who did not get the mail get it later', async () => {
    const row = await rig.verified();
    await rig.models.Member.create({ _id: 'm', workspace_id: 'acme', user_id: 'otto', role: 'owner' });
    await rig.unpublish(row, ['dkim']);
    rig.sandbox.faults.set({ sends: { answer: 503, times: 1 } as never });
    expect(await rig.look(row)).toMatchObject({ told: { verdict: 'later' } });
    expect(await rig.look(row)).toMatchObject({ tell: true, told: { verdict: 'told' } });
    const accepted = rig.sandbox.sends.filter((send) => send.accepted).map(({ recipients }) => recipients[0]);
    expect(accepted.sort()).toEqual(['olga@people.test', 'otto@people.test']);
  });
});

describe('routes', () => {
  test('the platform’s, and those of owned domains only; what drifts is put right', async () => {
    await rig.deps.setUp.createDomain('postroom.test');
    const keep = () => activityEnvironment().run(rig.steps.keepProvider);
    expect(await keep()).toEqual({ verdict: 'kept' });
    expect((await rig.atProvider()).routes).toEqual(['postroom.test']);
    await rig.claim('acme', 'idle.test');
    await rig.verified();
    expect((await rig.atProvider()).routes).toEqual([NAME, 'postroom.test']);
    await rig.deps.setUp.keepRoutes([], rig.deps.publicUrl);
    expect((await rig.atProvider()).routes).toEqual([]);
    expect(await keep()).toEqual({ verdict: 'kept' });
    expect((await rig.atProvider()).routes).toEqual([NAME, 'postroom.test']);
  });

  test('a domain that is not in the account does not keep the others from being done', async () => {
    await rig.verified();
    await rig.deps.setUp.keepRoutes([], rig.deps.publicUrl);
    const kept = await activityEnvironment().run(rig.steps.keepProvider);
    expect(kept).toEqual({ verdict: 'refused', code: 'Http404' });
    expect((await rig.atProvider()).routes).toEqual([NAME, 'postroom.test']);
  });

  test('without a key of the provider’s there is nothing to do', async () => {
    const mailgun = {
      apiKey: '',
      signingKey: '',
      url: rig.sandbox.url,
      signatureHours: 12,
      timeoutMs: 2_000,
    };
    const { keepProvider } = createDomainActivities({ ...rig.deps, setUp: createSetUp({ mailgun }) });
    expect(await activityEnvironment().run(keepProvider)).toEqual({ verdict: 'off' });
  });

  test('if the list changes while routes are being updated, they are updated again', async () => {
    const row = await rig.claim();
    const real = rig.deps.setUp;
    let first = true;
    const setUp = Object.assign(Object.create(real) as typeof real, {
      keepRoutes: async (names: string[], publicUrl: string) => {
        if (first) {
          first = false;
          await rig.models.Domain.updateOne({ _id: row._id }, { $set: { owned_at: new Date() } });
        }
        return real.keepRoutes(names, publicUrl);
      },
    });
    await keepRoutes({ ...rig.deps, setUp });
    expect((await rig.atProvider()).routes).toEqual([NAME, 'postroom.test']);
  });
});

test('Temporal is given no address and no domain', async () => {
  const row = await rig.verified();
  await rig.unpublish(row, ['dkim']);
  const results = [await rig.look(row)];
  rig.sandbox.faults.set({ domains: { answer: 400, message: `${NAME} is bad` } });
  results.push(await rig.look(row));
  expect(JSON.stringify(results)).not.toContain('acme.test');
});
