import { wantReset } from '../../src/core/access/accessMails.ts';
import { domainRow } from '../core/domains/rows.ts';
import { answerOf, faultsOf } from './answers.ts';
import { mailed } from './mailed.ts';
import { Browser, PASSWORD, signedIn } from './signedIn.ts';
import { createWorld, rows, T0, type World } from './world.ts';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
afterEach(() => world[Symbol.asyncDispose]());

const LONG_AGO = new Date(Date.now() - 31 * 86_400_000);
const personal = (user_id: string) => ({
  purpose: 'inbox' as const,
  user_id,
  created_at: LONG_AGO,
  proved_at: LONG_AGO,
});

/** Who is mailed when a user whose login this is asks for a new password. */
async function mailedTo(email: string, user = 'olga'): Promise<string[]> {
  await world.models.User.updateOne({ _id: user }, { $set: { email } });
  await wantReset(world.models, email);
  const sent = await mailed(world);
  for (const { text } of sent) expect(text).toContain('/password#');
  return sent.map(({ to }) => to);
}

test('no link goes to an address whose mail Postroom shows to others', async () => {
  const { models } = world;
  await rows.workspaceEmail(models, { address: 'support@acme.test', proved_at: T0 });
  await models.ForwardingAddress.create({
    _id: 'f',
    workspace_id: 'acme',
    address: 'in@fwd.test',
    workspace_email_id: 'x',
    created_at: T0,
  });
  const { _id: catch_all_id } = await rows.workspaceEmail(models, { address: 'all@caught.test' });
  const owned = { owned_at: T0, state: 'verified' as const, receiving: true, catch_all_id };
  await models.Domain.create(domainRow({ name: 'caught.test', workspace_id: 'acme', ...owned }));
  for (const email of [
    'support@acme.test',
    'support+olga@acme.test',
    'in@fwd.test',
    'anything@caught.test',
    'nobody@postroom.test',
    'nobody@sub.postroom.test',
  ]) {
    expect([email, await mailedTo(email)]).toEqual([email, []]);
    // It is refused at once as the login of a member who is added, too.
    await models.User.updateOne({ _id: 'olga' }, { $set: { email: 'olga@people.test' } });
    const added = world.post('/members', world.tokens.olga, { email, role: 'member' });
    expect([email, ...(await faultsOf(answerOf(added)))]).toEqual([email, 422, 'email']);
    expect(await models.User.exists({ email })).toBeNull();
  }
  expect(await mailedTo('olga@elsewhere.test')).toEqual(['olga@elsewhere.test']);
  // Whoever adds a stranger's address and proves nothing cuts nobody off.
  const claimed = { proved_at: null, can_receive: false, kind: 'forwarding' as const };
  await rows.workspaceEmail(models, { address: 'olga@claimed.test', workspace_id: 'other', ...claimed });
  expect(await mailedTo('olga@claimed.test')).toEqual(['olga@claimed.test']);
});

test('a link goes to the user’s own personal address, if that has been theirs for 30 days', async () => {
  const { models } = world;
  const { _id } = await rows.workspaceEmail(models, { address: 'olga@acme.test', ...personal('olga') });
  const change = (set: object) =>
    models.WorkspaceEmail.updateOne({ _id }, { $set: { ...personal('olga'), ...set } });
  expect(await mailedTo('olga@acme.test')).toEqual(['olga@acme.test']);
  for (const set of [
    { user_id: 'dana' },
    { user_id: null },
    { user_id: null, purpose: 'ticket' },
    { user_changed_at: new Date(Date.now() - 29 * 86_400_000) },
    { user_changed_at: null, created_at: new Date() },
    { created_at: LONG_AGO, active: false },
    { active: true, can_receive: false },
  ]) {
    await change(set);
    expect([set, await mailedTo('olga@acme.test')]).toEqual([set, []]);
  }
  await change({ can_receive: true, active: true, user_changed_at: LONG_AGO });
  expect(await mailedTo('olga@acme.test')).toEqual(['olga@acme.test']);
});

test('users make their own personal address their login, with their password', async () => {
  const { models } = world;
  const browser = await signedIn(world, 'dana');
  const ask = (email: string, password = PASSWORD) => browser.ask('PUT', '/login', { email, password });
  const { _id } = await rows.workspaceEmail(models, { address: 'dana@acme.test', ...personal('dana') });
  await rows.workspaceEmail(models, { address: 'max@acme.test', ...personal('max') });
  await rows.workspaceEmail(models, {
    address: 'new@acme.test',
    ...personal('dana'),
    created_at: new Date(),
  });
  for (const email of ['max@acme.test', 'new@acme.test', 'dana+x@acme.test', 'dana@elsewhere.test'])
    expect([email, ...(await faultsOf(answerOf(ask(email))))]).toEqual([email, 422, 'email']);
  expect(await faultsOf(answerOf(ask('dana@acme.test', 'wrong')))).toEqual([422, 'password']);
  await models.User.updateOne({ _id: 'max' }, { $set: { email: 'dana@acme.test' } });
  expect(await faultsOf(answerOf(ask('dana@acme.test')))).toEqual([422, 'email']);
  await models.User.updateOne({ _id: 'max' }, { $set: { email: 'max@people.test' } });
  await models.Member.updateOne({ _id: 'acme/dana' }, { $set: { shut_at: new Date() } });
  expect(await faultsOf(answerOf(ask('dana@acme.test')))).toEqual([422, 'email']);
  await models.Member.updateOne({ _id: 'acme/dana' }, { $set: { shut_at: null } });
  expect((await ask('dana@acme.test')).status).toBe(200);
  expect((await new Browser(world).signIn('dana@acme.test')).status).toBe(201);
  expect((await new Browser(world).signIn('dana@people.test')).status).toBe(401);
  expect(await mailedTo('dana@acme.test', 'dana')).toEqual(['dana@acme.test']);
  // Links end where the address is no longer only theirs.
  await models.WorkspaceEmail.updateOne({ _id }, { $set: { user_id: null, user_changed_at: new Date() } });
  expect(await mailedTo('dana@acme.test', 'dana')).toEqual([]);
});
