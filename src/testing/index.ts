/** What specs import: the fixtures, the plan, nothing else. */
export { expect } from '@playwright/test';
export { unmatched } from './expectations.js';
export { test } from './fixtures.js';
export { readPlan, type Plan } from './plan.js';
