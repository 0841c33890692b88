import { openFeed, type Feed, type Listener } from '../../../src/core/events/feed.ts';
import { createFeedHub } from '../../../src/core/events/feedHub.ts';
import { openLiveFeed } from '../../../src/core/events/liveFeed.ts';
import type { EventRow, Models } from '../../../src/infra/models/index.ts';
import { insertNew } from '../../../src/infra/models/insertNew.ts';
import { newId } from '../../../src/lib/ids.ts';
import { freshModels } from '../../support/mongodb.ts';
import { until } from '../../support/until.ts';

let models: Models;
beforeEach(async () => void (models = await freshModels()));
afterEach(() => models.connection.close());

const eventOf = (audience: string, workspace_id = 'acme'): EventRow => ({
  _id: newId(),
  workspace_id,
  audiences: [audience],
  type: 'ticket.created',
  row_id: 'r',
  thread_kind: null,
  thread_id: null,
  owner_id: null,
  changed: [],
  became: null,
  actor_id: null,
  at: new Date(),
});
/** Events that are stored one after the other. @returns their ids */
async function store(...events: EventRow[]): Promise<string[]> {
  for (const event of events) await insertNew(models.Event, [event]);
  return events.map(({ _id }) => _id);
}
const tickets: Listener = { workspaceId: 'acme', audiences: ['tickets', 'owner:max'] };
const fail = () => {
  throw new Error('too slow');
};

/** Reads a feed until it ends or fails. */
function collect(feed: Feed) {
  const collected = { ids: [] as string[], position: '', error: null as unknown };
  void (async () => {
    for (;;) {
      const { event, position } = await feed.next();
      if (event) collected.ids.push(event._id);
      collected.position = position;
    }
  })().catch((error: unknown) => (collected.error = error));
  return collected;
}

test('listeners share one change stream, and each receives only what it may see', async () => {
  const watch = jest.spyOn(models.Event.collection, 'watch');
  const hub = createFeedHub(models);
  const dana: Listener = { workspaceId: 'acme', audiences: ['shared', 'owner:dana'] };
  const other: Listener = { workspaceId: 'other', audiences: ['tickets'] };
  const feeds = [tickets, dana, other].map((listener) => hub.join(listener, fail));
  const received = feeds.map(collect);
  await until('the beginning', () => received.every(({ position }) => position !== ''));
  const [ticket, , personal, , foreign] = await store(
    eventOf('tickets'),
    eventOf('team:x'),
    eventOf('owner:dana'),
    eventOf('owner:eve'),
    eventOf('tickets', 'other'),
    eventOf('shared', 'other'),
  );
  const [last] = await store({ ...eventOf('tickets'), audiences: ['owner:max', 'owner:dana'] });
  await until('the last event', () => received.slice(0, 2).every(({ ids }) => ids.includes(last!)));
  expect(received.map(({ ids }) => ids)).toEqual([[ticket, last], [personal, last], [foreign]]);
  expect(watch).toHaveBeenCalledTimes(1);
  const stream = watch.mock.results[0]!.value as { closed: boolean };
  for (const feed of feeds) await feed.close();
  await until('the stream is closed after its last listener', () => stream.closed);
});

test('from an old position a listener catches up and joins: nothing is missing, nothing comes twice', async () => {
  const watch = jest.spyOn(models.Event.collection, 'watch');
  const hub = createFeedHub(models);
  const first = collect(hub.join(tickets, fail));
  await until('the beginning', () => first.position !== '');
  const since = first.position;
  const expected = await store(...Array.from({ length: 60 }, () => eventOf('tickets')));
  const late = collect(openLiveFeed({ hub, models, listener: tickets, since, onTooSlow: fail }));
  const own = watch.mock.results.at(-1)!.value as { closed: boolean };
  // Events come while it catches up and after it has joined.
  for (let i = 0; i < 60 || (!own.closed && late.error === null); i += 1)
    expected.push(...(await store(eventOf('tickets'), eventOf('shared'))).slice(0, 1));
  expected.push(...(await store(eventOf('tickets'), eventOf('tickets'))));
  await until('all events', () => [first, late].every(({ ids }) => ids.includes(expected.at(-1)!)));
  expect(first.ids).toEqual(expected);
  expect(late.ids).toEqual(expected);
  expect(watch).toHaveBeenCalledTimes(2);
});

test('a listener that reads too slowly is ended and reads on from its position; the others notice nothing', async () => {
  const hub = createFeedHub(models);
  const quick = collect(hub.join(tickets, fail));
  const ended = jest.fn();
  const slow = hub.join(tickets, ended);
  await until('the beginning', () => quick.position !== '');
  const [first] = await store(eventOf('tickets'));
  const { event, position } = await until('its first event', async () => {
    const entry = await slow.next();
    return entry.event && entry;
  });
  expect(event!._id).toBe(first);
  const more = Array.from({ length: 1_100 }, () => eventOf('tickets'));
  await insertNew(models.Event, more);
  await until('its end', () => ended.mock.calls.length === 1);
  await expect(slow.next()).rejects.toThrow('too slowly');
  await until('all for the other', () => quick.ids.length === 1_101);
  const again = openFeed(models, tickets, position, 50);
  for (const { _id } of more) expect((await again.next()).event?._id).toBe(_id);
  await again.close();
});

test('when the shared stream fails, all feeds end, and the next listener opens it again', async () => {
  const watch = jest.spyOn(models.Event.collection, 'watch');
  const hub = createFeedHub(models);
  const [one, two] = [collect(hub.join(tickets, fail)), collect(hub.join(tickets, fail))];
  await until('the beginning', () => one.position !== '' && two.position !== '');
  await (watch.mock.results[0]!.value as { close: () => Promise<void> }).close();
  await until('the end of both', () => one.error !== null && two.error !== null);
  const [missed] = await store(eventOf('tickets'));
  const since = one.position;
  const again = collect(openLiveFeed({ hub, models, listener: tickets, since, onTooSlow: fail }));
  await until('what it missed', () => again.ids.includes(missed!));
  await until('the shared stream', () => watch.mock.calls.length === 3);
  const [later] = await store(eventOf('tickets'));
  await until('what comes then', () => again.ids.includes(later!));
  expect(again.ids).toEqual([missed, later]);
});
