/** JavaScript: jest loads reporters without the transform that tests go through. */
import path from 'node:path';

const SHOWN = 10;
/** Files that take longer than this are worth a look (ms). */
const BUDGET_MS = 60_000;

/** At the end of a run of several files: which took longest, so that a slow one is seen when it is added. */
export default class SlowestFiles {
  onRunComplete(_contexts, { testResults }) {
    if (testResults.length <= SHOWN) return;
    const files = testResults
      .map(({ testFilePath, perfStats, testResults: tests }) => ({
        file: path.relative('', testFilePath),
        ms: perfStats.end - perfStats.start,
        inTestsMs: tests.reduce((sum, { duration }) => sum + (duration ?? 0), 0),
      }))
      .sort((a, b) => b.ms - a.ms);
    const all = files.reduce((sum, { ms }) => sum + ms, 0);
    const lines = files.slice(0, SHOWN).map(({ file, ms, inTestsMs }) => {
      const over = ms > BUDGET_MS ? ' *' : '';
      return `  ${seconds(ms)}  (in tests ${seconds(inTestsMs)})  ${file}${over}`;
    });
    const head = `Slowest of ${files.length} files, which took ${seconds(all).trim()} together (* = over the budget of ${BUDGET_MS / 1000} s):`;
    process.stderr.write(`\n${[head, ...lines].join('\n')}\n`);
  }
}

const seconds = (ms) => `${(ms / 1000).toFixed(1).padStart(6)} s`;
