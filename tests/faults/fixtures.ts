/** What the tests of faults and mutants work with: rigs, one a browser and page and worker, over a folder of flawed models. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, expect } from '@playwright/test';
import type { Engine } from '../../src/browsers/engine.js';
import { findEngine } from '../../src/browsers/find.js';
import { buildPage } from '../../src/build/page.js';
import type { BrowserName } from '../../src/protocol/cell.js';
import { mutants } from '../mutants/plugin.js';
import { writeModels } from './models.js';
import { Rig } from './rig.js';

interface TestFixtures {
  /** A rig of its own for a test that ruins it; with the page as it is, or with another. */
  startRig: (browser: BrowserName, page?: string) => Promise<Rig>;
}

interface WorkerFixtures {
  /** A folder that goes with the worker. */
  scratch: string;
  /** The folder of models, see models.ts. */
  models: string;
  /** The harness page as it is. */
  productionPage: string;
  /** A build of it in which every adapter can be a mutant. */
  mutantPage: string;
  /** The rig of a browser with the page as it is. Where the browser is missing, the test is skipped and says why. */
  rigOf: (browser: BrowserName) => Promise<Rig>;
  /** The rig of a browser with the page of mutants. */
  mutantsIn: (browser: BrowserName) => Promise<Rig>;
}

async function engineOf(browser: BrowserName): Promise<Engine> {
  const status = await findEngine(browser);
  if (status.found) return status.engine;
  test.skip(true, `${browser}: ${status.why}; mend it by \`${status.mend}\``);
  throw new Error('a skipped test has ended before this');
}

/** Rigs by browser, made when they are asked for. */
function rigs(
  page: string,
  models: string,
): { get: (browser: BrowserName) => Promise<Rig>; close: () => Promise<void> } {
  const started = new Map<BrowserName, Promise<Rig>>();
  return {
    async get(browser) {
      const engine = await engineOf(browser);
      const rig = started.get(browser) ?? Rig.start({ engine, page, models });
      started.set(browser, rig);
      return await rig;
    },
    async close() {
      for (const rig of started.values()) await closeRig(await rig);
    },
  };
}

async function closeRig(rig: Rig): Promise<void> {
  await rig.close();
  // What was told to end may take a moment for it on a busy machine.
  await expect
    .poll(() => rig.processesLeft(), { message: 'nothing is left of any browser', timeout: 10_000 })
    .toEqual([]);
}

export const test = base.extend<TestFixtures, WorkerFixtures>({
  scratch: [
    async ({}, use) => {
      const folder = mkdtempSync(path.join(tmpdir(), 'plumbline-faults-'));
      await use(folder);
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],

  models: [
    async ({ scratch }, use) => {
      const folder = path.join(scratch, 'models');
      writeModels(folder);
      await use(folder);
    },
    { scope: 'worker' },
  ],

  productionPage: [async ({}, use) => use((await buildPage()).outDir), { scope: 'worker' }],

  mutantPage: [
    async ({ scratch }, use) => {
      await use((await buildPage({ outDir: path.join(scratch, 'page'), plugins: [mutants()] })).outDir);
    },
    { scope: 'worker' },
  ],

  rigOf: [
    async ({ productionPage, models }, use) => {
      const { get, close } = rigs(productionPage, models);
      await use(get);
      await close();
    },
    { scope: 'worker' },
  ],

  startRig: async ({ productionPage, models }, use) => {
    const started: Rig[] = [];
    await use(async (browser, page = productionPage) => {
      const rig = await Rig.start({ engine: await engineOf(browser), page, models });
      started.push(rig);
      return rig;
    });
    for (const rig of started) await closeRig(rig);
  },

  mutantsIn: [
    async ({ mutantPage, models }, use) => {
      const { get, close } = rigs(mutantPage, models);
      await use(get);
      await close();
    },
    { scope: 'worker' },
  ],
});

export { expect } from '@playwright/test';
