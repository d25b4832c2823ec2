/**
 * What is timed: `npm run perf` and `npm run soak`. Apart from the suite of playwright.config.ts, because it takes the machine
 * for itself: one worker, one test after the other. Selecting works on cell ids: `-g lenet5/onnx-fp32`, `-g @firefox`.
 */
import { defineConfig } from '@playwright/test';
import suite from './playwright.config.js';

export default defineConfig({
  ...suite,
  testDir: 'specs/performance',
  outputDir: 'test-results/performance',
  fullyParallel: false,
  workers: 1,
  // Visits go from browser to browser, so a project is not a browser's: reports tell by its name what a test is to leave.
  projects: [
    { name: 'performance', testMatch: 'performance.spec.ts' },
    { name: 'soak', testMatch: 'soak.spec.ts' },
  ],
});
