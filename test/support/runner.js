/**
 * jest-light-runner in child processes, with one fault of it mended. A process asks for its data (the configuration
 * of jest) when its first file is run. All processes ask over one channel of the library, which answers every process
 * when the first one asks: one that is not listening yet misses the answer, and waits for it for ever. Here each file
 * comes with a channel of its own.
 */
import { createRunner } from 'jest-light-runner';

export default class extends createRunner({ runtime: 'child_process' }) {
  constructor(...options) {
    super(...options);
    this._testRunners = new Runners((projectConfig) => ({
      globalConfig: this._globalConfig,
      projectConfig,
      runtime: this._runtime,
    }));
  }
}

/** Project -> what runs its files. */
class Runners extends Map {
  #dataFor;

  constructor(dataFor) {
    super();
    this.#dataFor = dataFor;
  }

  set(project, { pool, run }) {
    // With one worker files are run in this process (`--runInBand`), without channels.
    if (!pool.threads) return super.set(project, { pool, run });
    const workerData = this.#dataFor(project);
    return super.set(project, {
      pool,
      run: ({ path }) => pool.run(path, { channel: channelOf(workerData) }),
    });
  }
}

function channelOf(workerData) {
  let answer;
  return {
    onMessage: (listener) => void (answer = listener),
    postMessage(message) {
      if (message === 'jest-light-runner-get-worker-data')
        answer({ type: 'jest-light-runner-worker-data', workerData });
    },
  };
}
