/**
 * JavaScript: the runner loads it by itself. jest-light-runner leaves out two things of jest that a suite on real
 * engines needs: a test or hook that hangs fails after its time-out, and the tests behind a failed `beforeAll` fail
 * at once, with its error.
 */
import { addEventHandler, getState } from 'jest-circus';

/** Long, for a machine that is several times slower than an idle one (ms). */
const TIMEOUT_MS = 300_000;
/** describe block -> the error of its `beforeAll` */
const failures = new WeakMap();

addEventHandler(({ name, timeout = TIMEOUT_MS }) => {
  const block = getState().currentDescribeBlock;
  if (name === 'add_hook') {
    const hook = block.hooks.at(-1);
    hook.fn = hook.type === 'beforeAll' ? remembering(hook.fn, block, timeout) : within(timeout, hook.fn);
  }
  const test = block.children.at(-1);
  if (name === 'add_test' && test.fn) test.fn = unlessFailed(test.fn, block, timeout);
});

const remembering = (fn, block, timeout) => async () => {
  try {
    await within(timeout, fn)();
  } catch (error) {
    failures.set(block, error);
    throw error;
  }
};

const unlessFailed = (fn, block, timeout) => () => {
  for (let outer = block; outer; outer = outer.parent) if (failures.has(outer)) throw failures.get(outer);
  return within(timeout, fn)();
};

const within = (timeout, fn) => async () => {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not finished after ${timeout} ms`)), timeout);
  });
  try {
    return await Promise.race([fn(), late]);
  } finally {
    clearTimeout(timer);
  }
};
