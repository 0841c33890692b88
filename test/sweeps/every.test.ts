import { pino } from 'pino';
import { every, type RepeatedSweep } from '../../src/sweeps/every.ts';
import { until } from '../support/until.ts';

const silent = pino({ level: 'silent' });
const started: RepeatedSweep[] = [];
afterEach(() => Promise.all(started.splice(0).map((sweep) => sweep.stop())));

function start(
  sweep: () => Promise<unknown>,
  log: { warn: (fields: object) => void } = silent,
): RepeatedSweep {
  const repeated = every(5, 'a test', sweep, log as typeof silent);
  started.push(repeated);
  return repeated;
}

test('a sweep runs again and again', async () => {
  let runs = 0;
  start(async () => (runs += 1));
  expect(runs).toBe(0);
  await until('three runs', () => runs >= 3);
});

test('a slow sweep is not started concurrently with itself', async () => {
  let [running, most, runs] = [0, 0, 0];
  start(async () => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 30));
    running -= 1;
    runs += 1;
  });
  await until('two runs', () => runs >= 2);
  expect(most).toBe(1);
});

test('a sweep that fails is logged without its message, and runs again', async () => {
  const lines: object[] = [];
  let runs = 0;
  const failing = async () => {
    runs += 1;
    throw Object.assign(new TypeError('ann@client.test'), { code: 'E1' });
  };
  start(failing, { warn: (fields) => lines.push(fields) });
  await until('two runs', () => runs >= 2 && lines.length >= 2);
  expect(lines[0]).toEqual({ sweep: 'a test', error: 'TypeError E1' });
});

test('stop waits for the run under way, and starts no further one', async () => {
  let end!: () => void;
  let [runs, stopped] = [0, false];
  const sweep = start(() => {
    runs += 1;
    return new Promise<void>((resolve) => (end = resolve));
  });
  await until('a run', () => runs === 1);
  const stopping = sweep.stop().then(() => (stopped = true));
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect([runs, stopped]).toEqual([1, false]);
  end();
  await stopping;
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(runs).toBe(1);
});
