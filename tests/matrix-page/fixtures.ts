/** The page of a made-up run, opened from the disk in a real browser. */
import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, firefox, test as base, type Browser, type BrowserContextOptions, type Page } from '@playwright/test';
import { findEngine } from '../../src/browsers/find.js';
import type { ResultRecord } from '../../src/protocol/record.js';
import { madeUpMatrix, madeUpRecord, reasonOf } from '../../src/report/made-up.js';
import { madeUpPerformanceRun, madeUpSoak } from '../../src/report/made-up-performance.js';
import { MATRIX_PAGE, matrixPage } from '../../src/report/matrix-page/write.js';

export type Engine = 'chromium' | 'firefox';

export interface OpenOptions extends BrowserContextOptions {
  readonly records?: readonly ResultRecord[];
  /** Query and hash: what stands behind the file. */
  readonly address?: string;
}

/** Was skipped, and is to stay so. */
const SKIPPED = 'lenet5/tfjs-fp32/tfjs-cpu@webkit';

/** Every outcome, measurements of three models, one soak that failed. */
export const RECORDS: readonly ResultRecord[] = [
  ...madeUpMatrix(),
  ...madeUpPerformanceRun().filter(({ id }) => id !== SKIPPED),
  madeUpSoak('lenet5/onnx-fp32/ort-wasm-t1@firefox', { differing: true }),
];

/** Ids of its cells, each once. */
export const CELLS: readonly string[] = [...new Set(RECORDS.map(({ id }) => id))];

/** A cell whose strings would do harm if any of them were taken for markup. */
export function hostileRecord(id: string): ResultRecord {
  const harm = `</script><script>harm=1</script>"'><img src=x onerror="harm=1"><svg onload=harm=1>\u2028&amp;`;
  const record = madeUpRecord(id);
  return {
    ...record,
    cell: { ...record.cell, gpu: harm, os: harm, cpu: harm, driver: harm, browserVersion: harm, runtimeVersion: harm },
    status: 'fail',
    reason: { ...reasonOf('E_NUMERIC', harm), hint: harm, stack: harm },
    expectation: { status: 'error', code: harm, reason: harm, link: 'javascript:harm=1', met: false },
    probe: { available: true, words: harm },
    finding: '../../../etc',
    ...(record.evidence === undefined ? {} : { evidence: { ...record.evidence, provider: harm } }),
  };
}

async function launch(engine: Engine): Promise<Browser> {
  const status = await findEngine(engine);
  if (!status.found || status.engine.driver !== 'playwright')
    throw new Error(`${engine} is missing: run npm run setup`);
  const { executablePath, channel, args } = status.engine;
  const options = { executablePath, ...(channel === undefined ? {} : { channel }), args: [...args] };
  return await (engine === 'chromium' ? chromium : firefox).launch(options);
}

export const test = base.extend<
  { openPage: (engine: Engine, options?: OpenOptions) => Promise<Page> },
  { browsers: (engine: Engine) => Promise<Browser>; folder: string }
>({
  browsers: [
    async ({}, use) => {
      const launched = new Map<Engine, Promise<Browser>>();
      await use((engine) => {
        const browser = launched.get(engine) ?? launch(engine);
        launched.set(engine, browser);
        return browser;
      });
      for (const browser of launched.values()) await (await browser).close();
    },
    { scope: 'worker' },
  ],
  folder: [
    async ({}, use) => {
      const folder = mkdtempSync(path.join(os.tmpdir(), 'plumbline-matrix-'));
      await use(folder);
      rmSync(folder, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],
  openPage: async ({ browsers, folder }, use, testInfo) => {
    const contexts: (() => Promise<void>)[] = [];
    await use(async (engine, { records = RECORDS, address = '', ...options } = {}) => {
      const file = path.join(folder, testInfo.testId, MATRIX_PAGE);
      mkdirSync(path.dirname(file), { recursive: true });
      writeFileSync(file, await matrixPage(records));
      const context = await (await browsers(engine)).newContext({ viewport: { width: 1280, height: 900 }, ...options });
      contexts.push(() => context.close());
      const page = await context.newPage();
      await page.goto(pathToFileURL(file).href + address);
      await page.locator('html[data-ready]').waitFor();
      return page;
    });
    for (const close of contexts) await close();
  },
});
export { expect } from '@playwright/test';
