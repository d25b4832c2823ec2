/**
 * The fixtures of every spec. What costs time to make (browser, server, dataset, baselines) is a worker's; what a test
 * does (gather, judge, record) is a test's.
 */
import { test as base } from '@playwright/test';
import { findEngine } from '../browsers/find.js';
import { gatherCell } from '../gather/cell.js';
import { PagePool } from '../gather/pages.js';
import { deadlinesFrom, type Deadlines } from '../gather/settings.js';
import type { Observed } from '../observations/store.js';
import type { PlannedCell } from '../plan/plan.js';
import { attachCell } from '../report/attachments.js';
import { harnessUrl, startHarness } from '../server/harness.js';
import type { HarnessServer } from '../server/server.js';
import { baselinesByDataset, type Baselines } from './baselines.js';
import { driverFor } from './driver.js';
import { endTest } from './ending.js';
import { judgeCell, type JudgedCell } from './judging.js';

interface WorkerFixtures {
  /** Time limits of a cell's phases. */
  deadlines: Deadlines;
  server: HarnessServer;
  /** The browser of the project, with its warm page. */
  pool: PagePool;
  /** The baselines of what a model is run on. */
  baselinesOf: (cell: PlannedCell) => Promise<Baselines>;
}

interface TestFixtures {
  /** Runs a cell in the project's browser; what it did comes back whatever happened. */
  gather: (cell: PlannedCell) => Promise<Observed>;
  /** Runs a baseline cell on the PC, or takes it from the cache. */
  compute: (cell: PlannedCell) => Promise<Observed>;
  /** Judges what a cell did against the PC and against what was declared of it. */
  judge: (cell: PlannedCell, observed: Observed) => Promise<JudgedCell>;
  /** Leaves the cell's record with the test, then lets the test end as the verdict says. */
  report: (judged: JudgedCell) => Promise<void>;
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  deadlines: [
    async ({}, use) => {
      await use(deadlinesFrom(process.env.PLUMBLINE_DEADLINES));
    },
    { scope: 'worker' },
  ],

  server: [
    async ({}, use) => {
      const server = await startHarness({ page: process.env.PLUMBLINE_PAGE });
      await use(server);
      await server.close();
    },
    { scope: 'worker' },
  ],

  pool: [
    async ({ browserName, server, deadlines }, use) => {
      const pool = new PagePool(driverFor(await findEngine(browserName)), harnessUrl(server), deadlines);
      await use(pool);
      await pool.close();
    },
    { scope: 'worker' },
  ],

  baselinesOf: [
    async ({}, use) => {
      await use(baselinesByDataset());
    },
    { scope: 'worker' },
  ],

  gather: async ({ pool, server, deadlines, baselinesOf }, use) => {
    await use(async (cell) => {
      const { dataset } = await baselinesOf(cell);
      return await gatherCell(cell, { pool, server, dataset, deadlines });
    });
  },

  compute: async ({ baselinesOf }, use) => {
    await use(async (cell) => {
      const baselines = await baselinesOf(cell);
      return await baselines.observe(cell.model, cell.artifact);
    });
  },

  judge: async ({ baselinesOf }, use) => {
    await use(async (cell, observed) => {
      return await judgeCell(cell, observed, await baselinesOf(cell));
    });
  },

  report: async ({}, use, testInfo) => {
    await use(async ({ record, ok, attachments }) => {
      // Ctrl-C closes the browser under the cell: what comes of that is no result. The reporters say that it was interrupted.
      if (testInfo.status === 'interrupted') return;
      await attachCell(testInfo, attachments);
      endTest(record, ok);
    });
  },
});
