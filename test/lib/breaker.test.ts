import { setTimeout as sleep } from 'node:timers/promises';
import { createBreaker, EngineAway } from '../../src/lib/breaker.ts';
import { until } from '../support/until.ts';

/** An engine that is away, and counts its calls. */
function newEngine(options: { isAway?: (error: unknown) => boolean } = {}) {
  const breaker = createBreaker({ engine: 'Test', ...options });
  const engine = { isAway: true, calls: 0, now: 0, most: 0 };
  const call = (): Promise<string> =>
    breaker.call(async () => {
      engine.calls += 1;
      engine.most = Math.max(engine.most, ++engine.now);
      await sleep(5);
      engine.now -= 1;
      if (engine.isAway) throw new Error('away');
      return 'done';
    });
  return { breaker, engine, call };
}

test('calls that are under way together open it; then one at a time finds out, until one succeeds', async () => {
  const { breaker, engine, call } = newEngine();
  const first = await Promise.allSettled([call(), call(), call()]);
  expect(first.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect([breaker.isOpen(), engine.calls]).toEqual([true, 3]);
  engine.most = 0;
  const waiting = Promise.allSettled(Array.from({ length: 20 }, call));
  await until('two that find out', () => engine.calls >= 5);
  expect(engine.most).toBe(1);
  engine.isAway = false;
  await waiting;
  await until('a call that succeeds', () => call().catch(() => false));
  expect(breaker.isOpen()).toBe(false);
  expect(await Promise.all([call(), call()])).toEqual(['done', 'done']);
});

test('a call whose turn does not come is not made', async () => {
  const { engine, call } = newEngine();
  await call().catch(() => undefined);
  const late = await Promise.allSettled(Array.from({ length: 50 }, call));
  const reasons = late.map((result) => (result as PromiseRejectedResult).reason as Error);
  const notMade = reasons.filter((error) => error instanceof EngineAway).length;
  expect(notMade).toBeGreaterThan(30);
  expect(engine.calls).toBe(51 - notMade);
});

test('an error that is an answer does not open it', async () => {
  const { breaker, call } = newEngine({ isAway: () => false });
  await expect(call()).rejects.toThrow('away');
  expect(breaker.isOpen()).toBe(false);
});
