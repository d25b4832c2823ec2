/** How long the page of the matrix takes to open, and how large it is. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium, type Browser } from '@playwright/test';
import { findEngine } from '../src/browsers/find.js';
import { PlumblineError } from '../src/protocol/errors.js';
import { madeUpRun } from '../src/report/matrix-page/made-up.js';
import { MATRIX_PAGE, matrixPage } from '../src/report/matrix-page/write.js';
import { median, type Benchmark, type Say } from './benchmark.js';

const CELLS = 2000;
const OPENINGS = 11;
const WARM_UP = 1;

/** The page of a made-up run, made once. */
let made: Promise<string> | undefined;
const page = (): Promise<string> => (made ??= matrixPage(madeUpRun(CELLS)));

export const matrixPageBenchmarks: readonly Benchmark[] = [
  {
    name: 'matrix-page-open',
    unit: 'ms',
    target: 1000,
    better: 'lower',
    how:
      `from the start of loading to the heat maps of ${String(CELLS)} cells drawn, as the page's own clock has it; ` +
      `median of ${String(OPENINGS)} openings from the disk in Chromium`,
    measure: async (say) => {
      const samples = await opened(await page(), say);
      return { value: median(samples), samples };
    },
  },
  {
    name: 'matrix-page-size',
    unit: 'MB',
    target: 5,
    better: 'lower',
    how: `the page of ${String(CELLS)} cells, more than half of them measured`,
    measure: async () => {
      const megabytes = Buffer.byteLength(await page()) / 1e6;
      return { value: megabytes, samples: [megabytes] };
    },
  },
];

/** Milliseconds of each opening, in the order in which they were. */
async function opened(html: string, say: Say): Promise<number[]> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'plumbline-matrix-'));
  const file = path.join(folder, MATRIX_PAGE);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, html);
  const browser = await launch();
  try {
    const samples: number[] = [];
    for (let opening = -WARM_UP; opening < OPENINGS; opening++) {
      const ms = await open(browser, pathToFileURL(file).href);
      if (opening >= 0) samples.push(ms);
    }
    say(`${(html.length / 1e6).toFixed(1)} MB; ${samples.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    return samples;
  } finally {
    await browser.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function launch(): Promise<Browser> {
  const status = await findEngine('chromium');
  if (!status.found || status.engine.driver !== 'playwright') {
    throw new PlumblineError('E_BROWSER_MISSING', 'Chromium, in which the page is opened, is not there');
  }
  const { executablePath, args } = status.engine;
  return await chromium.launch({ executablePath, args: [...args] });
}

async function open(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  try {
    const page = await context.newPage();
    await page.goto(url);
    // The page notes the time of the frame that shows the heat maps.
    const drawn = await page.waitForFunction(() => performance.getEntriesByName('plumbline-drawn')[0]?.startTime);
    return await drawn.evaluate((ms) => Number(ms));
  } finally {
    await context.close();
  }
}
