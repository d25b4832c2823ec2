import tseslint from 'typescript-eslint';

/** Files of a wall may import nothing that matches `forbidden`; the message tells whoever tries why. */
const wall = (files, message, forbidden) => ({
  files,
  ignores: ['**/*.test.ts'],
  rules: { 'no-restricted-imports': ['error', { patterns: [{ regex: forbidden, message }] }] },
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
  wall(
    ['src/protocol/**'],
    'src/protocol/ is shared by page and runner: no Node, no DOM, nothing of ours.',
    '^node:|^\\.\\./|^@playwright',
  ),
  wall(
    ['src/judge/**'],
    'src/judge/ is pure: it imports src/protocol/ alone.',
    '^node:|^\\.\\./(?!(\\.\\./)?protocol/)|^@playwright',
  ),
  wall(
    ['harness-page/**'],
    'The page imports src/protocol/ and the runtimes, nothing else of ours.',
    '^node:|/src/(?!protocol/)',
  ),
  wall(
    ['src/report/matrix-page/page/**'],
    'The page of the matrix imports src/protocol/, and of the reports what is pure.',
    '^node:|^\\.\\./(?:data|template|write)\\.js$|^\\.\\./\\.\\./(?!(?:outcome|format|readings|repeat)\\.js$|\\.\\./(?:protocol|judge/statistics)/)',
  ),
  wall(
    ['src/drivers/**'],
    'Drivers know nothing of models, plans or verdicts.',
    '/(plan|judge|baseline|gather|report|testing|datasets|observations)/',
  ),
  wall(['specs/**'], 'Specs import src/testing/ alone.', '^(?!\\.\\./\\.\\./src/testing/index\\.js$)'),
);
