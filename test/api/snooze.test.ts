import { wakeThread } from '../../activities/snooze/wakeThread.ts';
import type { Deps } from '../../activities/deps.ts';
import { endOverdueSnoozes } from '../../src/core/threads/snooze.ts';
import type { ThreadRow } from '../../src/infra/models/thread.ts';
import { DAY_MS, HOUR_MS } from '../../src/lib/time.ts';
import { answerOf, faultsOf } from './answers.ts';
import { createWorld, rows, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world[Symbol.asyncDispose]());

const inMs = (ms: number) => new Date(Date.now() + ms);
const patch = (id: string, body: object) => answerOf(world.patch(`/tickets/${id}`, world.tokens.max, body));
const rowOf = (id: string) => world.models.Ticket.findById(id).orFail().lean<ThreadRow>();
async function snoozed(until = inMs(HOUR_MS)) {
  const { _id: id } = await rows.ticket(world.models, {});
  const answer = await patch(id, { snoozed_until: until.toISOString() });
  return { id, until, answer };
}
/** The step of its run, at this time. */
const wake = (id: string, until: Date, now: Date) =>
  wakeThread({ models: world.models, now: () => now } as Deps, {
    id,
    kind: 'ticket',
    until: until.getTime(),
  });

test('a thread is snoozed until a time, and its timer is requested', async () => {
  const { id, until, answer } = await snoozed();
  expect(answer).toMatchObject({ status: 200, body: { snoozed_until: until.toISOString() } });
  expect(await rowOf(id)).toMatchObject({ snoozed_by: 'max' });
  expect(world.asked.snooze).toContainEqual({ id, kind: 'ticket', until: until.getTime() });
  const open = async (query: string) =>
    (await answerOf(world.get(`/threads?${query}`, world.tokens.dana))).body.data.map((row) => row.id);
  expect([(await open('')).includes(id), (await open('snoozed=true')).includes(id)]).toEqual([false, true]);
});

test('many are snoozed at once', async () => {
  const { _id: id } = await rows.ticket(world.models, {});
  const snoozed_until = inMs(HOUR_MS).toISOString();
  const body = { threads: [{ kind: 'ticket', id }], change: { snoozed_until } };
  expect((await world.post('/threads/bulk', world.tokens.max, body)).status).toBe(200);
  expect(world.asked.snooze).toContainEqual({ id, kind: 'ticket', until: Date.parse(snoozed_until) });
});

test.each([
  ['past', -1],
  ['too far', 400 * DAY_MS],
])('a time that is %s is 422', async (_, ms) => {
  const { _id } = await rows.ticket(world.models, {});
  expect(await faultsOf(patch(_id, { snoozed_until: inMs(ms).toISOString() }))).toEqual([
    422,
    'snoozed_until',
  ]);
});

test('it wakes at its time, once, and is unread for whoever snoozed it', async () => {
  const { id, until } = await snoozed();
  await world.models.Ticket.updateOne({ _id: id }, { $set: { read_by: ['max', 'dana'] } });
  expect(await wake(id, until, new Date())).toMatchObject({ verdict: 'wait' });
  const both = await Promise.all([wake(id, until, until), wake(id, until, until)]);
  expect(both.map(({ verdict }) => verdict).sort()).toEqual(['over', 'woken']);
  expect(await rowOf(id)).toMatchObject({ snoozed_until: null, snoozed_by: null, read_by: ['dana'] });
});

test('snoozed anew, woken by hand or closed, its old run does nothing', async () => {
  const { id, until } = await snoozed();
  const later = inMs(2 * HOUR_MS);
  await patch(id, { snoozed_until: later.toISOString() });
  expect(await wake(id, until, until)).toEqual({ verdict: 'over' });
  expect((await rowOf(id)).snoozed_until).toEqual(later);
  await patch(id, { snoozed_until: null });
  expect(await rowOf(id)).toMatchObject({ snoozed_until: null, snoozed_by: null });
  expect(await wake(id, later, new Date())).toEqual({ verdict: 'over' });
  await patch(id, { snoozed_until: later.toISOString() });
  await patch(id, { status: 'closed' });
  expect((await rowOf(id)).snoozed_until).toBeNull();
});

test('a sweep ends what no timer has ended', async () => {
  const [overdue, waiting] = [await snoozed(), await snoozed()];
  await world.models.Ticket.updateOne({ _id: overdue.id }, { $set: { snoozed_until: inMs(-HOUR_MS) } });
  expect(await endOverdueSnoozes(world.models, new Date())).toBe(1);
  expect((await rowOf(overdue.id)).snoozed_until).toBeNull();
  expect((await rowOf(waiting.id)).snoozed_until).toEqual(waiting.until);
});
