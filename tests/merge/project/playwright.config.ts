/**
 * A matrix in small, without browsers: its tests leave made-up records just as the real ones do. What becomes of them is
 * the business of the real reporters, and what merge.spec.ts and reports.spec.ts look at.
 */
import { defineConfig } from '@playwright/test';
import { BROWSERS } from '../../../src/protocol/cell.js';

export default defineConfig({
  testDir: '.',
  outputDir: process.env.SMALL_MATRIX_OUTPUT ?? 'test-results',
  fullyParallel: true,
  workers: 2,
  retries: Number(process.env.SMALL_MATRIX_RETRIES ?? 0),
  timeout: 20_000,
  reporter:
    process.env.SMALL_MATRIX_BLOB === undefined
      ? [
          ['../../../src/report/results-reporter.ts'],
          ['../../../src/report/allure-reporter.ts'],
          ['../../../src/report/terminal-reporter.ts'],
        ]
      : [['blob', { outputDir: process.env.SMALL_MATRIX_BLOB }], ['../../../src/report/terminal-reporter.ts']],
  projects: [
    { name: 'baseline', testMatch: 'baseline.setup.ts' },
    ...BROWSERS.map((browser) => ({
      name: browser,
      testMatch: 'cells.ts',
      dependencies: ['baseline'],
      grep: new RegExp(`@${browser}$`),
    })),
  ],
});
