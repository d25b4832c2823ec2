/** What specs import: the fixtures, the plan, nothing else. */
export { expect } from '@playwright/test';
export { unmatched } from './expectations.js';
export { test } from './fixtures.js';
export { performanceTest } from './performance.js';
export { readPerformancePlan, readPlan, type PerformancePlan, type Plan } from './plan.js';
