/**
 * The suite: `npx playwright test`. One project an engine; the PC's baseline comes first. Selecting works on cell ids:
 * `-g lenet5/onnx-fp32`, `-g ort-webgpu`, `--project=firefox`.
 */
import { defineConfig, type ReporterDescription } from '@playwright/test';
import { BROWSERS } from './src/protocol/cell.js';

const REPORTERS: ReporterDescription[] = [
  ['./src/report/terminal-reporter.ts'],
  ['./src/report/results-reporter.ts'],
  ['./src/report/allure-reporter.ts'],
];

export default defineConfig({
  testDir: 'specs',
  outputDir: 'test-results/matrix',
  globalSetup: './src/testing/global-setup.ts',
  // Groups of cells are spread over workers and shards; within a group they share a page (see accuracy.spec.ts).
  fullyParallel: true,
  workers: 2,
  retries: 0,
  // Every phase of a cell has a deadline of its own (src/gather/settings.ts): this one only catches what has none.
  timeout: 10 * 60_000,
  forbidOnly: process.env.CI !== undefined,
  // Shards leave a blob each; `npx playwright merge-reports --config playwright.config.ts` turns them into the same reports.
  reporter: process.env.PLUMBLINE_BLOB === undefined ? REPORTERS : [['blob'], ...REPORTERS],
  projects: [
    { name: 'plan', testMatch: 'plan/*.spec.ts' },
    { name: 'baseline', testMatch: 'baseline/*.setup.ts' },
    ...BROWSERS.map((browserName) => ({
      name: browserName,
      testMatch: 'accuracy/*.spec.ts',
      dependencies: ['baseline'],
      // A spec names the cells of all browsers; each project takes its own.
      grep: new RegExp(`@${browserName}$`),
      use: { browserName },
    })),
  ],
});
