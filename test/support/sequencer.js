/** JavaScript: jest loads it without the transform that tests go through. */
import { createRequire } from 'node:module';

const { default: Sequencer } = createRequire(import.meta.url)('@jest/test-sequencer');

/**
 * End-to-end tests first: they take longest, and one that is begun last keeps the run waiting. Jest itself knows how long a file
 * takes only where it has run before, and otherwise goes by its size.
 */
export default class LongestFirst extends Sequencer {
  sort(tests) {
    const sorted = super.sort(tests);
    const isLong = ({ path }) => path.includes('/test/e2e/') || path.endsWith('/schemathesis.test.ts');
    return [...sorted.filter(isLong), ...sorted.filter((test) => !isLong(test))];
  }
}
