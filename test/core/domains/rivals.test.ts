import { catchAllFor } from '../../../src/core/domains/catchAll.ts';
import { NAME, startRig, type Rig } from './rig.ts';

let rig: Rig;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.close());

const ADDRESS = `support@${NAME}`;

test('an unproved claim blocks no other workspace, before or after', async () => {
  const idle = await rig.claim('other');
  const row = await rig.verified('acme');
  expect(row).toMatchObject({ state: 'verified', sending: true, receiving: true });
  expect(await rig.look(idle)).toMatchObject({ state: 'pending' });
  const late = await rig.claim('other', 'beta.test');
  await rig.claim('acme', 'beta.test');
  await rig.publish(late);
  await rig.look(late);
  expect(await rig.read(late)).toMatchObject({ state: 'verified' });
});

test('both have the same records but for the one that shows whose it is', async () => {
  const [a, b] = [await rig.claim('acme'), await rig.claim('other')];
  const rest = (row: typeof a) =>
    row.records
      .slice(1)
      .map(({ name, value }) => `${name} ${value}`)
      .sort();
  expect(rest(a)).toEqual(rest(b));
  expect(a.ownership_value).not.toBe(b.ownership_value);
  expect((await rig.atProvider()).domains).toEqual([NAME]);
});

test('the domain changes its owner: the old claim ends at once, and its addresses are free', async () => {
  const old = await rig.verified('acme');
  const oldEmail = await rig.addEmail(ADDRESS, 'acme');
  await rig.step('applyDomain', old);
  const next = await rig.claim('other');
  const nextEmail = await rig.addEmail(ADDRESS, 'other');
  await rig.unpublish(old, ['ownership']);
  await rig.publish(next, ['ownership']);

  expect(await rig.look(next)).toMatchObject({ state: 'verified' });
  expect(await rig.read(old)).toMatchObject({ state: 'lost', owned_at: null, sending: false });
  expect(rig.woken).toEqual([`verify-domain/${old._id}`]);
  expect(await rig.flags(oldEmail)).toEqual({ can_receive: false, can_send: false });
  expect(await rig.flags(nextEmail)).toEqual({ can_receive: true, can_send: true });

  expect(await rig.look(old)).toMatchObject({ verdict: 'over', state: 'lost', left: { provider: 'kept' } });
  expect(rig.mailTo('olga')).toEqual([`${NAME}: removed from your workspace`]);
  expect(rig.mailTo('otto')).toEqual([]);
  expect(await rig.atProvider()).toEqual({ domains: [NAME], routes: [NAME, 'postroom.test'] });
  expect(await rig.flags(nextEmail)).toEqual({ can_receive: true, can_send: true });
});

test('the old owner looks first: it is failing, and lost as soon as the other is proved', async () => {
  const old = await rig.verified('acme');
  const next = await rig.claim('other');
  await rig.unpublish(old, ['ownership']);
  expect(await rig.look(old)).toMatchObject({ state: 'failing' });
  await rig.publish(next, ['ownership']);
  await rig.look(next);
  expect(await rig.look(old)).toMatchObject({ verdict: 'over', state: 'lost' });
});

test('while a resolver still shows the old record it has its grace', async () => {
  const old = await rig.verified('acme');
  const next = await rig.claim('other');
  await rig.unpublish(old, ['ownership'], rig.dns.slice(1));
  await rig.publish(next, ['ownership']);
  await rig.look(next);
  expect(await rig.read(old)).toMatchObject({ state: 'verified' });
  expect(await rig.read(next)).toMatchObject({ state: 'verified' });
});

test('both records are there: both own it; an address receives for one', async () => {
  const [a, b] = [await rig.verified('acme'), await rig.verified('other')];
  expect([a.state, b.state]).toEqual(['verified', 'verified']);
  const [first, second] = [await rig.addEmail(ADDRESS, 'acme'), await rig.addEmail(ADDRESS, 'other')];
  await rig.step('applyDomain', a);
  await rig.step('applyDomain', b);
  expect(await rig.flags(first)).toMatchObject({ can_receive: true });
  expect(await rig.flags(second)).toMatchObject({ can_receive: false });

  await rig.models.Domain.updateOne({ _id: a._id }, { $set: { deleted_at: new Date() } });
  expect(await rig.look(a)).toMatchObject({ verdict: 'over', left: { provider: 'kept' } });
  expect(await rig.flags(first)).toMatchObject({ can_receive: false });
  expect(await rig.flags(second)).toMatchObject({ can_receive: true });
});

describe('what is removed at the provider', () => {
  const remove = async (row: Parameters<Rig['read']>[0]) => {
    await rig.models.Domain.updateOne({ _id: row._id }, { $set: { deleted_at: new Date() } });
    return (await rig.look(row)).left;
  };

  test('a proved claim takes the domain with it, when it is the last', async () => {
    const row = await rig.verified('acme');
    expect(await remove(row)).toEqual({ provider: 'removed' });
    expect(await rig.atProvider()).toEqual({ domains: [], routes: ['postroom.test'] });
    // Done again: nothing is left to do.
    expect(await rig.step('leaveDomain', row)).toEqual({ provider: 'kept' });
  });

  test('an unproved one never does', async () => {
    expect(await remove(await rig.claim('acme'))).toEqual({ provider: 'kept' });
    expect((await rig.atProvider()).domains).toEqual([NAME]);
  });

  test('not while another workspace claims it', async () => {
    const row = await rig.verified('acme');
    await rig.claim('other');
    expect(await remove(row)).toEqual({ provider: 'kept' });
    expect(await rig.atProvider()).toEqual({ domains: [NAME], routes: ['postroom.test'] });
  });

  test('nor when it was there before Postroom', async () => {
    await rig.deps.setUp.createDomain(NAME);
    const row = await rig.verified('acme');
    expect(row.state).toBe('verified');
    expect(await remove(row)).toEqual({ provider: 'kept' });
    expect((await rig.atProvider()).domains).toEqual([NAME]);
  });

  test('a process that died between two lines remembers that it was ours', async () => {
    // The call was made, its answer never came.
    rig.sandbox.faults.set({
      domains: { answer: 'accept_then_drop', method: 'POST', path: '/v4/domains', times: 1 },
    });
    const row = await rig.claim('acme');
    expect(row).toMatchObject({ records: [{ purpose: 'ownership' }] });
    expect(row.problem).toContain('provider');
    await rig.look(row);
    await rig.publish(row);
    rig.pass(60_000);
    await rig.look(row);
    expect(await rig.read(row)).toMatchObject({ state: 'verified' });
    expect(await remove(row)).toEqual({ provider: 'removed' });
  });

  test('the provider is away for a day: it is tried until it is back', async () => {
    const row = await rig.verified('acme');
    await rig.models.Domain.updateOne({ _id: row._id }, { $set: { deleted_at: new Date() } });
    rig.sandbox.faults.set({ domains: { answer: 503 } });
    await expect(rig.step('leaveDomain', row)).rejects.toMatchObject({
      type: 'ProviderAway Http503',
      nonRetryable: false,
    });
    rig.sandbox.faults.clear();
    expect(await rig.step('leaveDomain', row)).toEqual({ provider: 'removed' });
  });
});

describe('the catch-all', () => {
  const choose = async (row: Parameters<Rig['read']>[0], id: string | null) =>
    rig.models.Domain.updateOne({ _id: row._id }, { $set: { catch_all_id: id } });

  test('gets the mail to what is no address, while all of it is right', async () => {
    const row = await rig.verified('acme');
    const email = await rig.addEmail(ADDRESS);
    await rig.step('applyDomain', row);
    expect(await catchAllFor(rig.models, `anything@${NAME}`)).toBeNull();
    await choose(row, email);
    expect(await catchAllFor(rig.models, `anything@${NAME}`)).toMatchObject({ _id: email });
    expect(await catchAllFor(rig.models, `anything@sub.${NAME}`)).toBeNull();
    await rig.models.WorkspaceEmail.updateOne({ _id: email }, { $set: { active: false } });
    expect(await catchAllFor(rig.models, `anything@${NAME}`)).toBeNull();
    await rig.models.WorkspaceEmail.updateOne({ _id: email }, { $set: { active: true, user_id: 'dana' } });
    expect(await catchAllFor(rig.models, `anything@${NAME}`)).toBeNull();
  });

  test('of a claim that is not proved, or is over, gets nothing', async () => {
    const row = await rig.claim('acme');
    const email = await rig.addEmail(ADDRESS, 'acme', { kind: 'platform', can_receive: true });
    await choose(row, email);
    expect(await catchAllFor(rig.models, `anything@${NAME}`)).toBeNull();
    await rig.publish(row);
    await rig.look(row);
    expect(await catchAllFor(rig.models, `anything@${NAME}`)).not.toBeNull();
    await rig.models.Domain.updateOne({ _id: row._id }, { $set: { deleted_at: new Date() } });
    expect(await catchAllFor(rig.models, `anything@${NAME}`)).toBeNull();
  });
});
