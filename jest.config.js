/**
 * Tests run as native ES modules, their types stripped by tsx (`npm test` loads it). A process runs many files, and
 * evaluates the modules that they share once: jest's own runner does that anew for each file, which took a third of
 * a run.
 */
const common = {
  runner: '<rootDir>/test/support/runner.js',
  setupFilesAfterEnv: ['<rootDir>/test/support/outcomes.js'],
  transform: {},
};

/** Tests that need no engine, all of them within 40 s. One that imports an engine's module fails here, and says so. */
const PURE = [
  'test/mail/**',
  'test/lib/**',
  'test/dashboard/**',
  'test/infra/{config,health}.test.ts',
  'test/infra/{dns,http,parser,providers}/**',
  'test/core/domains/{domainState,names}.test.ts',
  'test/core/events/domainEvents.test.ts',
  'test/core/events/webhooks/target.test.ts',
  'test/core/replies/{composeMime,recipientStates,references}.test.ts',
  'test/core/threads/searchWords.test.ts',
  'test/api/{deadline,streams}.test.ts',
  'test/ingress/{answers,eventAnswers,exactBytes,identity,unproved}.test.ts',
  'test/{docker-compose,docs}.test.ts',
  'test/sweeps/every.test.ts',
].map((files) => files.replace(/\*\*$/, '**/*.test.ts'));

export default {
  projects: [
    { ...common, displayName: 'local-mailgun', testMatch: ['<rootDir>/dev/mailgun/test/**/*.test.ts'] },
    { ...common, displayName: 'pure', testMatch: PURE.map((files) => `<rootDir>/${files}`) },
    {
      ...common,
      displayName: 'engines',
      testMatch: [
        '<rootDir>/{test,dev}/**/*.test.ts',
        // Without <rootDir>, which jest does not replace behind a "!".
        '!**/dev/mailgun/test/**',
        ...PURE.map((files) => `!**/${files}`),
      ],
      // Each engine is started when the first test file needs it (test/support/engine.ts).
      globalSetup: '<rootDir>/test/support/globalSetup.ts',
      globalTeardown: '<rootDir>/test/support/globalTeardown.ts',
    },
  ],
  testSequencer: '<rootDir>/test/support/sequencer.js',
  reporters: ['default', '<rootDir>/test/support/reporter.js'],
  // One more than the two cores: tests of outages mostly wait.
  maxWorkers: 3,
};
