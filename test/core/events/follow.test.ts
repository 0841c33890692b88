import type { Models } from '../../../src/infra/models/index.ts';
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

test('two followers create each event once, also when one of them stops', async () => {
  const [one, two] = [await startFollower(models), await startFollower(models)];
  const tickets = makeTickets(30);
  await until('some events', async () => (await events()).length > 5);
  await one.stop();
  await tickets;
  await until('thirty events', async () => (await events()).length === 30);
  await two.stop();
  expect(new Set((await events()).map(({ row_id }) => row_id)).size).toBe(30);
});

test('a position that cannot be resumed is given up, and the follower continues from now', async () => {
  const token = { _data: 'AB'.repeat(20) };
  await models.StreamPosition.create({ _id: 'events', token, at: new Date() });
  const follower = await startFollower(models);
  await until('another place', async () => {
    const place = await models.StreamPosition.findById('events').lean();
    return place !== null && place.token._data !== token._data;
  });
  await makeTickets(1);
  await until('an event', async () => (await events()).length === 1);
  await follower.stop();
});
