import { presentEvent } from '../../../src/core/presenters/event.ts';
import type { EventRow, Models } from '../../../src/infra/models/index.ts';
import { rows } from '../../api/world.ts';
import { freshModels } from '../../support/mongodb.ts';
import { startFollower } from '../../support/follow.ts';
import { until } from '../../support/until.ts';

let models: Models;
beforeEach(async () => void (models = await freshModels()));
afterEach(() => models.connection.close());

const events = () => models.Event.find({ type: 'ticket.created' }).sort({ at: 1 }).lean();
const makeTickets = async (n: number) => {
  for (let i = 0; i < n; i += 1) await rows.ticket(models, {});
};

test('changes that happen while nothing follows are handled later, and once', async () => {
  const first = await startFollower(models);
  await makeTickets(3);
  await until('three events', async () => (await events()).length === 3);
  await first.stop();
  await makeTickets(3);
  expect(await events()).toHaveLength(3);
  const second = await startFollower(models);
  await until('six events', async () => (await events()).length === 6);
  await second.stop();
});

test('after a crash before the position is saved, the same changes are handled again, which adds nothing', async () => {
  let dead = false;
  const dying = await startFollower(models, () => {
    if (dead) throw new Error('killed');
  });
  const place = await models.StreamPosition.findById('events').orFail().lean();
  await makeTickets(5);
  await until('five events', async () => (await events()).length === 5);
  dead = true;
  await makeTickets(2);
  await dying.stop();
  // As if its last positions had never been saved.
  await models.StreamPosition.updateOne({ _id: 'events' }, { $set: { token: place.token } });
  const next = await startFollower(models);
  await until('seven events', async () => (await events()).length === 7);
  await next.stop();
  expect(await events()).toHaveLength(7);
});

test('of two followers one handles the changes, and the other goes on when it stops', async () => {
  const handled = [0, 0];
  const follow = (who: number) => startFollower(models, (n) => void (handled[who]! += n), 3_000);
  const one = await follow(0);
  const two = await follow(1);
  await makeTickets(5);
  await until('five events', async () => (await events()).length === 5);
  expect(handled).toEqual([5, 0]);
  await one.stop();
  await makeTickets(5);
  await until('ten events', async () => (await events()).length === 10);
  await two.stop();
  expect(handled[0]).toBe(5);
});

test('when the holder of the lease has died, another follower takes over where its position is', async () => {
  const first = await startFollower(models);
  await makeTickets(1);
  await until('an event', async () => (await events()).length === 1);
  await first.stop();
  // What a process leaves that is killed.
  const held_until = new Date(Date.now() + 2_000);
  await models.StreamPosition.updateOne({ _id: 'events' }, { $set: { holder: 'killed', held_until } });
  await makeTickets(2);
  let takenAt = 0;
  const next = await startFollower(models, () => void (takenAt ||= Date.now()), 300);
  await until('three events', async () => (await events()).length === 3);
  await next.stop();
  expect(takenAt).toBeGreaterThanOrEqual(held_until.getTime());
  const { holder } = await models.StreamPosition.findById('events').orFail().lean();
  expect(holder).toBeNull();
});

test('a holder that handles for long keeps the lease', async () => {
  let release: () => void = () => undefined;
  const slow = new Promise<void>((resolve) => (release = resolve));
  const one = await startFollower(models, () => slow, 600);
  let handled = 0;
  const two = await startFollower(models, (n) => void (handled += n), 600);
  await makeTickets(1);
  const { held_until } = await models.StreamPosition.findById('events').orFail().lean();
  await until('several renewals', async () => {
    const row = await models.StreamPosition.findById('events').orFail().lean();
    return row.held_until!.getTime() > held_until!.getTime() + 1_500;
  });
  expect(handled).toBe(0);
  release();
  await until('an event', async () => (await events()).length === 1);
  await one.stop();
  await two.stop();
});

test('a quarter of a full batch is handled at first, and less after a failure; nothing is lost', async () => {
  const first = await startFollower(models);
  await first.stop();
  await makeTickets(60);
  const together: number[] = [];
  const next = await startFollower(models, (changes) => {
    together.push(changes);
    if (together.length === 1) throw new Error('the database is slow');
  });
  await until('sixty events', async () => (await events()).length === 60);
  await next.stop();
  expect(together[0]).toBeLessThanOrEqual(25);
  expect(together[1]).toBeLessThanOrEqual(13);
});

test('a position that cannot be resumed is given up, and the follower continues from now', async () => {
  const token = { _data: 'AB'.repeat(20) };
  await models.StreamPosition.create({ _id: 'events', token, at: new Date() });
  const follower = await startFollower(models);
  await until('another place', async () => {
    const place = await models.StreamPosition.findById('events').lean();
    return Boolean(place?.token && place.token._data !== token._data);
  });
  await makeTickets(1);
  await until('an event', async () => (await events()).length === 1);
  await follower.stop();
});

describe('after a lost position', () => {
  const now = () => ({ created_at: new Date(), updated_at: new Date() });
  /** As after an outage that was longer than the server's log. */
  const losePosition = () =>
    models.StreamPosition.updateOne({ _id: 'events' }, { $set: { token: { _data: 'AB'.repeat(20) } } });
  const allEvents = async () =>
    (await models.Event.find().lean())
      .filter(({ type }) => !type.startsWith('notification.'))
      .map(({ type, row_id }) => `${type} ${row_id}`)
      .sort();

  test('the events that were missed are made from the rows, and none is made twice', async () => {
    await models.Workspace.create({ _id: 'acme', name: 'Acme', created_at: new Date() });
    await models.Member.create({ _id: 'acme/max', workspace_id: 'acme', user_id: 'max', role: 'member' });
    const first = await startFollower(models);
    await rows.ticket(models, { _id: 'old' });
    await rows.ticket(models, { _id: 'known', ...now() });
    const mail = { thread_id: 'known', created_at: new Date() };
    await rows.message(models, { _id: 'known mail', ...mail });
    await until('a notification', () => models.Notification.exists({ message_id: 'known mail' }));
    await until('events', async () => (await allEvents()).length === 3);
    const before = await allEvents();
    await first.stop();

    const at = new Date();
    const actor = { kind: 'user', id: 'dana' } as const;
    const acts = [{ action: 'agent', from: null, to: 'max' } as const];
    await rows.ticket(models, { _id: 'new', ...now() });
    await rows.message(models, { _id: 'new mail', ...mail, thread_id: 'new' });
    await models.Ticket.updateOne(
      { _id: 'old' },
      { $set: { agent_id: 'max', updated_at: at, last_change: { n: 1, at, actor, acts } } },
    );
    await models.Ticket.updateOne({ _id: 'known' }, { $set: { deleted_at: at, updated_at: at } });
    await rows.contact(models, { _id: 'ann', ...now() });
    await rows.workspaceEmail(models, { _id: 'address', proved_at: at });
    await losePosition();

    const missed = [
      'contact.created ann',
      'email.verified address',
      'ticket.created new',
      'ticket.deleted known',
      'ticket.message_created new mail',
      'ticket.updated old',
    ];
    for (let time = 0; time < 2; time += 1) {
      const next = await startFollower(models);
      await until('what was missed', async () => {
        const row = await models.StreamPosition.findById('events').orFail().lean();
        return row.lost_since === null && row.token?._data.startsWith('ABAB') === false;
      });
      // Something new, after everything that was missed.
      const { _id } = await rows.ticket(models, {});
      await until('a new event', () => models.Event.exists({ row_id: _id }));
      await next.stop();
      before.push(`ticket.created ${_id}`);
      expect(await allEvents()).toEqual([...before, ...missed].sort());
      await losePosition();
    }
    expect(await models.Event.findOne({ row_id: 'old', type: 'ticket.updated' }).lean()).toMatchObject({
      changed: ['agent_id', 'last_message_at'],
      became: 'max',
      actor_id: 'dana',
    });
    expect(await models.History.find({ thread_id: 'old' }).lean()).toMatchObject([{ action: 'agent' }]);
    const notified = await models.Notification.find({ user_id: 'max' }).sort({ type: 1 }).lean();
    expect(notified.map(({ type, message_id, thread_id }) => [type, message_id ?? thread_id])).toEqual([
      ['assigned', 'old'],
      ['new_message', 'known mail'],
      ['new_message', 'new mail'],
    ]);
  });
});

test('one mail to 100 members is one event of a new notification, which each sees as their own', async () => {
  const users = Array.from({ length: 100 }, (_, n) => `user${n}`);
  await models.Member.insertMany(
    users.map((user_id) => ({ _id: `acme/${user_id}`, workspace_id: 'acme', user_id, role: 'member' })),
  );
  const follower = await startFollower(models);
  const { _id } = await rows.message(models, {});
  const event = await until('the event', () =>
    models.Event.findOne({ type: 'notification.created' }).lean<EventRow>(),
  );
  const { _id: last } = await rows.ticket(models, {});
  await until('a later event', () => models.Event.exists({ row_id: last }));
  await follower.stop();
  expect(await models.Event.countDocuments()).toBe(3);
  const notifications = await models.Notification.find({ message_id: _id }).lean();
  expect(notifications.map(({ user_id }) => user_id).sort()).toEqual([...users].sort());
  expect([...event.audiences].sort()).toEqual(users.map((user) => `owner:${user}`).sort());
  const shown = notifications.map((row) => ({ row: row._id, event: presentEvent(event, row.user_id) }));
  for (const { row, event: own } of shown) expect(own.data).toEqual({ id: row, ticket_id: 'none' });
  expect(new Set(shown.map(({ event: { id } }) => id)).size).toBe(100);
});
