/** The project's own tests that need a browser. `npx playwright test --config tests/playwright.config.ts` */
import { defineConfig } from '@playwright/test';
import { BROWSERS } from '../src/protocol/cell.js';
import type { Subject } from './conformance/fixtures.js';

export default defineConfig<object, Subject>({
  testDir: '.',
  outputDir: '../test-results/tests',
  globalSetup: './display.setup.ts',
  reporter: 'list',
  workers: 2,
  retries: 0,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  forbidOnly: process.env.CI !== undefined,
  projects: [
    // One set of tests, once for each engine.
    ...BROWSERS.map((subject) => ({
      name: `conformance-${subject}`,
      testMatch: 'conformance/**/*.spec.ts',
      use: { subject },
    })),
    ...BROWSERS.map((subject) => ({
      name: `performance-${subject}`,
      testMatch: 'performance/page*.spec.ts',
      // Here how things stand to each other in time is looked at.
      workers: 1,
      use: { subject },
    })),
    { name: 'tests', testIgnore: ['conformance/**', 'performance/page*.spec.ts'] },
  ],
});
