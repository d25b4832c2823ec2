/** What the conformance tests work with: the engine's driver, a server, a browser that is there, a page of its own. */
import { test as base } from '@playwright/test';
import type { Engine, EngineStatus } from '../../src/browsers/engine.js';
import { findEngine } from '../../src/browsers/find.js';
import { createDriver, type DriverBrowser, type DriverPage, type HarnessDriver } from '../../src/drivers/index.js';
import type { BrowserName } from '../../src/protocol/cell.js';
import { startServer, type ConformanceServer } from './server.js';

export const LAUNCH_MS = 60_000;
/** Deadline for a page to be ready. */
export const OPEN_MS = 30_000;
/** Deadline of what is to succeed, or to fail long before: beyond the time of a whole test. */
export const LONG_MS = 120_000;
const PAYLOAD_BYTES = 20_000_000;

/** Which engine a Playwright project runs the tests against. */
export interface Subject {
  readonly subject: BrowserName;
}

interface WorkerFixtures {
  readonly status: EngineStatus;
  readonly server: ConformanceServer;
  /** One browser for the tests that leave it as it was. */
  readonly shared: { browser?: DriverBrowser };
}

interface TestFixtures {
  /** The engine under test; where it is missing, the test is skipped and says why. */
  readonly engine: Engine;
  readonly driver: HarnessDriver;
  /** A browser that lives. A test may end it: the next one gets another. */
  readonly running: DriverBrowser;
  /** A page of that browser, ready to be called. */
  readonly opened: DriverPage;
}

export const test = base.extend<TestFixtures, WorkerFixtures & Subject>({
  subject: ['chromium', { option: true, scope: 'worker' }],

  status: [async ({ subject }, use) => use(await findEngine(subject)), { scope: 'worker' }],

  server: [
    async ({}, use) => {
      const server = await startServer(PAYLOAD_BYTES);
      await use(server);
      await server.close();
    },
    { scope: 'worker' },
  ],

  shared: [
    async ({}, use) => {
      const shared: { browser?: DriverBrowser } = {};
      await use(shared);
      await shared.browser?.close();
    },
    { scope: 'worker' },
  ],

  engine: async ({ status }, use, testInfo) => {
    if (status.found) await use(status.engine);
    else testInfo.skip(true, `${status.browser}: ${status.why}; mend it by \`${status.mend}\``);
  },

  driver: async ({ engine }, use) => use(createDriver(engine)),

  running: async ({ driver, shared }, use) => {
    if (shared.browser?.isAlive() !== true) {
      await shared.browser?.close();
      shared.browser = await driver.launch({ deadlineMs: LAUNCH_MS });
    }
    await use(shared.browser);
  },

  opened: async ({ running, server }, use) => {
    const page = await running.openPage({ url: server.url, deadlineMs: OPEN_MS });
    await use(page);
    await page.close();
  },
});

export { expect } from '@playwright/test';
