import { createBreaker } from '../../src/lib/breaker.ts';
import { Outbox, type OutboxOptions } from '../../src/lib/outbox.ts';
import { until } from '../support/until.ts';

const open: Outbox<string>[] = [];
afterEach(() => Promise.all(open.splice(0).map((outbox) => outbox.close())));

/** A store of wishes, which several outboxes may work off. */
function newStore(...wishes: string[]) {
  const store = new Set(wishes);
  const lines: object[] = [];
  const log = { info: () => {}, warn: (fields: object) => lines.push(fields) };
  async function* waiting() {
    yield* [...store];
  }
  function newOutbox(change: Partial<OutboxOptions<string>> = {}): Outbox<string> {
    const work = async (wish: string) => store.delete(wish);
    const options = { name: 'test', keyOf: (wish: string) => wish, waiting, work, log: log as never };
    const outbox = new Outbox({ ...options, ...change });
    open.push(outbox);
    return outbox;
  }
  return { store, lines, newOutbox, isEmpty: () => until('an empty store', () => store.size === 0) };
}
const names = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${n}`);

test('an engine is away for a while: all outboxes try one call at a time, and then each wish is done once', async () => {
  const breaker = createBreaker({ engine: 'Test' });
  const done: string[] = [];
  let [isAway, now, most, calls] = [true, 0, 0, 0];
  const start = async (wish: string) => {
    calls += 1;
    most = Math.max(most, ++now);
    await new Promise((resolve) => setTimeout(resolve, 5));
    now -= 1;
    if (isAway) throw new Error('away');
    done.push(wish);
  };
  const [mails, replies] = [newStore(...names('mail', 30)), newStore(...names('reply', 30))];
  for (const { store, newOutbox } of [mails, replies])
    newOutbox({
      work: async (wish) => {
        await breaker.call(() => start(wish));
        return store.delete(wish);
      },
    }).takeUp();
  await until('the first to have failed', () => calls >= 16 && now === 0);
  most = 0;
  await until('further calls', () => calls >= 19);
  expect(most).toBe(1);
  expect([mails.store.size, replies.store.size]).toEqual([30, 30]);
  isAway = false;
  await Promise.all([mails.isEmpty(), replies.isEmpty()]);
  expect(done.sort()).toEqual([...names('mail', 30), ...names('reply', 30)].sort());
});

test('at most eight are worked on at one time, and groups take turns', async () => {
  const { store, newOutbox, isEmpty } = newStore();
  const order: string[] = [];
  let [now, most] = [0, 0];
  const outbox = newOutbox({
    groupOf: (wish) => wish.slice(0, 1),
    work: async (wish) => {
      order.push(wish);
      most = Math.max(most, ++now);
      await new Promise((resolve) => setTimeout(resolve, 1));
      now -= 1;
      return store.delete(wish);
    },
  });
  for (const wish of [...names('a', 40), 'b']) {
    store.add(wish);
    outbox.add(wish);
  }
  await isEmpty();
  expect(most).toBe(8);
  expect(order.indexOf('b')).toBeLessThan(10);
});

test('a wish that fails holds up no other, is tried again, and fills no log', async () => {
  const { store, lines, newOutbox, isEmpty } = newStore('bad', ...names('good', 20));
  let tries = 0;
  newOutbox({
    work: async (wish) => {
      if (wish === 'bad' && (tries += 1) < 4) throw new TypeError('ann@client.test');
      return store.delete(wish);
    },
  }).takeUp();
  await isEmpty();
  expect(tries).toBe(4);
  expect(lines).toEqual(
    [0, 1].map((before) => ({ outbox: 'test', key: 'bad', tries: before, error: 'TypeError' })),
  );
});

test('what is added again while it is carried out is carried out again, and otherwise once', async () => {
  const { newOutbox } = newStore();
  let runs = 0;
  const ends: (() => void)[] = [];
  const outbox = newOutbox({
    work: async () => {
      runs += 1;
      await new Promise<void>((resolve) => ends.push(resolve));
      return true;
    },
  });
  outbox.add('x');
  outbox.add('x');
  outbox.add('x');
  expect(runs).toBe(1);
  ends[0]!();
  await until('a second run', () => runs === 2);
  ends[1]!();
  await outbox.close();
  expect(runs).toBe(2);
});

test('a store that cannot be listed is listed again; a sweep takes up what another process left', async () => {
  const { store, newOutbox, isEmpty } = newStore('one');
  let lists = 0;
  const outbox = newOutbox({
    sweepMs: 50,
    async *waiting() {
      if ((lists += 1) < 3) throw new Error('away');
      yield* [...store];
    },
  });
  outbox.takeUp();
  await isEmpty();
  store.add('two');
  await isEmpty();
});

test('closing waits for the work under way, and begins no other', async () => {
  const { store, newOutbox } = newStore(...names('x', 20));
  const ends: (() => void)[] = [];
  const outbox = newOutbox({
    work: async (wish) => {
      await new Promise<void>((resolve) => ends.push(resolve));
      return store.delete(wish);
    },
  });
  outbox.takeUp();
  await until('some to be begun', () => ends.length === 8);
  const closing = outbox.close();
  for (const end of ends) end();
  await closing;
  outbox.add('y');
  outbox.takeUp();
  expect([ends.length, store.size]).toEqual([8, 12]);
});
