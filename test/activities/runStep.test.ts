import pino from 'pino';
import { runStep } from '../../activities/runStep.ts';
import { activityEnvironment } from '../support/activityEnvironment.ts';

const log = pino({ level: 'silent' });
const RUN = {
  workflowExecution: { workflowId: 'inbound/1', runId: 'r' },
  retryPolicy: { initialInterval: 500, backoffCoefficient: 2, maximumInterval: 60_000 },
};
const MAY_FAIL = { localFirst: true, givesUp: true };

const tryStep = (name: string, info: object, work: () => Promise<unknown>): Promise<unknown> =>
  activityEnvironment({ ...RUN, ...info }).run(() => runStep(name, { log }, work, [], MAY_FAIL));

const thrown = (error: Error) => () => Promise.reject(error);

test('a local try that takes too long is handed over: the normal one waits for its end', async () => {
  let begun = 0;
  let end: (result: string) => void = () => undefined;
  const work = () => {
    begun += 1;
    return new Promise((resolve) => (end = resolve));
  };
  await expect(tryStep('slow', { isLocal: true }, work)).rejects.toMatchObject({
    type: 'TooHeavyForLocal',
    nonRetryable: true,
  });
  const normal = tryStep('slow', { isLocal: false }, work);
  end('done');
  await expect(normal).resolves.toBe('done');
  expect(begun).toBe(1);
  // What has ended is forgotten.
  void tryStep('slow', { isLocal: false }, work);
  expect(begun).toBe(2);
  end('done');
});

test.each([1, 4, 12])('try %i that fails comes back after half of its time to all of it', async (attempt) => {
  const longest = Math.min(500 * 2 ** (attempt - 1), 60_000);
  const failed = await tryStep('away', { isLocal: false, attempt }, thrown(new Error('away'))).catch(
    (error: unknown) => error,
  );
  const { nextRetryDelay } = failed as { nextRetryDelay: number };
  expect(nextRetryDelay).toBeGreaterThanOrEqual(longest / 2);
  expect(nextRetryDelay).toBeLessThanOrEqual(longest);
});

test.each<[string, Error, boolean]>([
  ['a TypeError', new TypeError('x is undefined'), true],
  ['a RangeError', new RangeError('too deep'), true],
  ['a TypeError of fetch', new TypeError('fetch failed', { cause: new Error('ECONNREFUSED') }), false],
  ['a file that is away', Object.assign(new Error('away'), { code: 'ENOENT' }), false],
])('%s at the fifth try', async (_, error, ends) => {
  const failureOf = (attempt: number) =>
    tryStep('step', { isLocal: false, attempt }, thrown(error)).catch((failure: unknown) => failure);
  expect(await failureOf(4)).toMatchObject({ nonRetryable: false });
  expect(await failureOf(5)).toMatchObject(
    ends ? { type: 'CannotPass', nonRetryable: true } : { nonRetryable: false },
  );
});
