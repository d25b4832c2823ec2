import tseslint from 'typescript-eslint';

/** Files of a wall may not import what `groups` names; the reason is shown to whoever tries. */
const wall = (files, message, groups) => ({
  files,
  ignores: ['**/*.test.ts'],
  rules: { 'no-restricted-imports': ['error', { patterns: [{ group: groups, message }] }] },
});

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'reports/',
      'node_modules/',
      'test-results/',
      'playwright-report/',
      'zoo/',
      'fixtures/',
      '.venv/',
    ],
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.json', './tsconfig.page.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Playwright's fixtures without dependencies are written `({}, use) => …`.
      'no-empty-pattern': 'off',
    },
  },
  wall(['src/protocol/**'], 'src/protocol/ is shared by page and runner: no Node, no DOM, nothing of ours.', [
    'node:*',
    '../*',
    '@playwright/*',
  ]),
  wall(['src/judge/**'], 'src/judge/ is pure: it imports src/protocol/ alone.', [
    'node:*',
    '../*',
    '!../protocol',
    '!../protocol/*',
    '@playwright/*',
  ]),
  wall(['harness-page/**'], 'The page imports src/protocol/ and the runtimes, nothing else of ours.', [
    'node:*',
    '**/src/*/**',
    '!**/src/protocol/**',
  ]),
  wall(['src/drivers/**'], 'Drivers know nothing of models, plans or verdicts.', [
    '**/plan/**',
    '**/judge/**',
    '**/baseline/**',
    '**/gather/**',
    '**/report/**',
    '**/testing/**',
    '**/datasets/**',
  ]),
  wall(['specs/**'], 'Specs import src/testing/ alone.', [
    'node:*',
    '**/src/**',
    '!**/src/testing/**',
    '@playwright/*',
  ]),
);
