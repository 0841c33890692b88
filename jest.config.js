/** Tests run as native ES modules on swc; engines are brought up once for the whole run (test/support/globalSetup.ts). */
export default {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
  testMatch: ['<rootDir>/{test,dev}/**/*.test.ts'],
  globalSetup: '<rootDir>/test/support/globalSetup.ts',
  globalTeardown: '<rootDir>/test/support/globalTeardown.ts',
  // Long, for a machine that is several times slower than an idle one; what hangs fails all the same.
  testTimeout: 300_000,
  // One more than the two cores: tests of outages mostly wait.
  maxWorkers: 3,
  // A worker that has grown over this is replaced between two files: ES modules of finished files are not freed.
  workerIdleMemoryLimit: '1GB',
};
