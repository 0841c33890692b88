import { createPace } from '../../src/lib/pace.ts';

const FAST = { ms: 20, failed: false };
const SLOW = { ms: 2_000, failed: false };
const FAILED = { ms: 20, failed: true };

function newPace() {
  const clock = { ms: 0 };
  const pace = createPace({ most: 32, now: () => clock.ms });
  const note = (times: number, result: { ms: number; failed: boolean }) => {
    for (let n = 0; n < times; n++) pace.note(result);
  };
  return { pace, clock, note };
}

test('it grows to all of the work while tries succeed in time', () => {
  const { pace, note } = newPace();
  note(10_000, FAST);
  expect(pace.share()).toBe(1);
});

test.each([
  ['slow', SLOW],
  ['failed', FAILED],
])('tries that are %s halve it, once a second, and leave an eighth', (_, bad) => {
  const { pace, clock, note } = newPace();
  note(10_000, FAST);
  clock.ms = 10_000;
  note(50, bad);
  expect(pace.share()).toBe(1 / 2);
  for (let n = 0; n < 10; n++) {
    clock.ms += 1_000;
    note(1, bad);
  }
  expect(pace.share()).toBe(1 / 8);
});

test('growth is told of', () => {
  const { pace, note } = newPace();
  let told = 0;
  pace.onGrowth(() => (told += 1));
  note(1, FAST);
  note(1, SLOW);
  expect(told).toBe(1);
});

test('while the engines are slow, retries are a tenth of the tries that succeed, and one a second', () => {
  const { pace, clock, note } = newPace();
  const retries = () => {
    let count = 0;
    while (count < 1_000 && pace.mayRetry()) count += 1;
    return count;
  };
  retries();
  expect(retries()).toBe(0);
  note(55, { ms: 2_000, failed: false });
  expect(retries()).toBe(5);
  clock.ms += 3_000;
  expect(retries()).toBe(3);
  note(10_000, FAST);
  expect(retries()).toBe(1_000);
});
