import { fairnessKeyOf } from '../../src/mail/fairnessKey.ts';
import { TokenBuckets } from '../../src/ingress/tokenBuckets.ts';

test("two minutes' worth passes at once, the rest waits in turn, and nobody more than four minutes", () => {
  const buckets = new TokenBuckets(60);
  const waits = Array.from({ length: 500 }, () => buckets.take('a', 0));
  expect(waits.slice(0, 120)).toEqual(Array(120).fill(0));
  expect(waits.slice(120, 123)).toEqual([1_000, 2_000, 3_000]);
  expect(Math.max(...waits)).toBe(240_000);
  expect(buckets.take('b', 0)).toBe(0);
});

test('a bucket fills again, to two minutes’ worth', () => {
  const buckets = new TokenBuckets(60);
  for (let n = 0; n < 120; n += 1) buckets.take('a', 0);
  expect(buckets.take('a', 1_000)).toBe(0);
  expect(buckets.take('a', 1_000)).toBe(1_000);
  const later = Array.from({ length: 121 }, () => buckets.take('a', 10 * 60_000));
  expect(later.filter((wait) => wait > 0)).toEqual([1_000]);
});

test('of many keys the oldest are forgotten', () => {
  const buckets = new TokenBuckets(1);
  for (let n = 0; n < 3; n += 1) buckets.take('first', 0);
  for (let n = 0; n < 10_000; n += 1) buckets.take(`key ${n}`, 0);
  expect(buckets.take('first', 0)).toBe(0);
});

test('a domain has one key, and on the platform’s domain each address, without its tag', () => {
  const keyOf = (recipient: string) => fairnessKeyOf(recipient, 'postroom.test');
  expect(keyOf('Sales@Acme.test')).toBe(keyOf('support+42@acme.test'));
  expect(keyOf('support@postroom.test')).toBe(keyOf('support+42@POSTROOM.test'));
  const keys = ['support@postroom.test', 'orders@postroom.test', 'a@acme.test', 'a@other.test', ''].map(
    keyOf,
  );
  expect(new Set(keys).size).toBe(keys.length);
  for (const key of keys) expect(key).toMatch(/^[0-9a-f]{4}$/);
});
