// Two projects: `unit` needs Node only and takes seconds; `e2e` (files ending in .e2e.test.ts) uses real parts.
// swc strips the types; tests run as native ES modules.

const project = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2023' }, module: { type: 'es6' } },
    ],
  },
  modulePathIgnorePatterns: ['<rootDir>/dist', '<rootDir>/lib'],
};

/** @type {import('jest').Config} */
export default {
  testSequencer: '<rootDir>/__tests__/support/shared/longest-first.mjs',
  projects: [
    {
      ...project,
      displayName: 'unit',
      testMatch: ['<rootDir>/__tests__/**/*.test.ts'],
      testPathIgnorePatterns: ['\\.e2e\\.test\\.ts$'],
    },
    {
      ...project,
      displayName: 'e2e',
      testMatch: ['<rootDir>/__tests__/**/*.e2e.test.ts'],
      // What all suites share is started when the first one wants it, and ended with jest.
      globalSetup: '<rootDir>/__tests__/support/shared/keeper.mjs',
      globalTeardown: '<rootDir>/__tests__/support/shared/keeper-end.mjs',
    },
  ],
};
