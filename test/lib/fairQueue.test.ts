import { FairQueue } from '../../src/lib/fairQueue.ts';

test('groups take turns, and each keeps its order', () => {
  const queue = new FairQueue<string>();
  for (const item of ['a1', 'a2', 'a3', 'b1', 'a4', 'b2', 'c1']) queue.push(item[0]!, item);
  const order = Array.from({ length: 7 }, () => queue.shift());
  expect(order).toEqual(['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4']);
  expect(queue.shift()).toBeUndefined();
});

test('a group that is empty and comes back waits for one item of each other', () => {
  const queue = new FairQueue<string>();
  queue.push('a', 'a1');
  expect(queue.shift()).toBe('a1');
  for (const item of ['b1', 'b2', 'a2']) queue.push(item[0]!, item);
  expect([queue.shift(), queue.shift(), queue.shift()]).toEqual(['b1', 'a2', 'b2']);
});
