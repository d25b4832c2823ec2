/** What the tests of measuring work with: a page in each engine, in which a runtime-backend may be a mutant. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test as base, expect } from '@playwright/test';
import { findEngine } from '../../src/browsers/find.js';
import { buildPage } from '../../src/build/page.js';
import { loadDataset, type Dataset } from '../../src/datasets/index.js';
import { createDriver, type DriverBrowser, type DriverPage, type HarnessDriver } from '../../src/drivers/index.js';
import { callPage } from '../../src/gather/calls.js';
import { driverLimit } from '../../src/gather/driver-limits.js';
import { datasetUrl } from '../../src/gather/phases.js';
import { loadModels, type Model } from '../../src/plan/cards.js';
import { inputsOf, outputsOf } from '../../src/protocol/artifact.js';
import { artifactSlug, type BrowserName, type Target } from '../../src/protocol/cell.js';
import type { PageArguments, PageMethod, PageResult } from '../../src/protocol/messages.js';
import type { MeasureRequest, Series, SoakReport, SoakRequest } from '../../src/protocol/performance.js';
import type { ConsoleEntry } from '../../src/protocol/observation.js';
import { harnessUrl, startHarness } from '../../src/server/harness.js';
import type { HarnessServer } from '../../src/server/server.js';
import type { Subject } from '../conformance/fixtures.js';
import type { MutantName } from '../mutants/page/mutants.js';
import { mutants } from '../mutants/plugin.js';

const DEADLINE_MS = 60_000;
/** Samples that every page is fed: the largest batch that an artifact is fixed at. */
const SAMPLES = 100;

/** Short, for a test. */
export const SERIES = { timings: 12, budgetMs: 400, minClockSteps: 50, readBack: true } as const;

/** LeNet-1 in the form that each runtime reads. */
const ARTIFACTS = { ort: 'onnx-fp32', tfjs: 'tfjs-fp32', litert: 'tflite-fp32' } as const;

/** A page and what is asked of it. */
export class Harness {
  /** The smallest that the loaded artifact takes. */
  batchSize = 1;

  constructor(
    private readonly page: DriverPage,
    private readonly server: HarnessServer,
    private readonly model: Model,
    private readonly dataset: Dataset,
    private readonly driver: HarnessDriver,
  ) {}

  call<M extends PageMethod>(method: M, argument: PageArguments[M]): Promise<PageResult<M>> {
    return callPage(this.page, method, argument, { deadlineMs: DEADLINE_MS });
  }

  takeConsole(): Promise<ConsoleEntry[]> {
    return this.page.takeConsole();
  }

  /** Loads runtime and LeNet-1, and feeds the first samples. A target that the browser lacks skips the test. */
  async load(target: Target): Promise<PageResult<'loadModel'>> {
    const probe = driverLimit(target, this.driver.capabilities) ?? (await this.call('probe', target));
    test.skip(!probe.available, probe.words);
    await this.call('loadRuntime', target);
    const loaded = await this.loadModel(target);
    await this.feed();
    return loaded;
  }

  async loadModel(target: Target): Promise<PageResult<'loadModel'>> {
    const { card } = this.model;
    const slug = ARTIFACTS[target.runtime];
    const artifact = card.artifacts.find((each) => artifactSlug(each) === slug);
    if (artifact === undefined) throw new Error(`${card.name} has no ${slug}`);
    this.batchSize = artifact.fixedBatch ?? 1;
    return await this.call('loadModel', {
      target,
      format: artifact.format,
      files: artifact.files.map((file) => ({ ...file, url: `${this.server.origin}/models/${card.name}/${file.path}` })),
      inputs: inputsOf(card, artifact),
      outputs: outputsOf(card, artifact),
    });
  }

  feed(samples = SAMPLES): Promise<PageResult<'feed'>> {
    const { descriptor } = this.dataset;
    return this.call('feed', { dataset: descriptor, datasetUrl: datasetUrl(this.server, this.dataset), samples });
  }

  measure(request: Partial<MeasureRequest> = {}): Promise<Series> {
    return this.call('measure', { ...SERIES, batchSize: this.batchSize, ...request });
  }

  soak(request: Omit<SoakRequest, 'batchSize'>): Promise<SoakReport> {
    return this.call('soak', { ...request, batchSize: this.batchSize });
  }

  /** SHA-256 of the outputs of the first batch. */
  async digest(): Promise<string> {
    const { digests } = await this.soak({ inferences: 1, readEvery: 10, compareAt: [1] });
    return digests[0]?.sha256 ?? 'no digest';
  }
}

interface WorkerFixtures {
  readonly server: HarnessServer;
  readonly running: { readonly browser: DriverBrowser; readonly driver: HarnessDriver };
  readonly lenet1: { readonly model: Model; readonly dataset: Dataset };
}

interface TestFixtures {
  /** Opens a page; with a mutant in the place of each adapter, where one is named. */
  readonly open: (mutant?: MutantName) => Promise<Harness>;
}

export const test = base.extend<TestFixtures, WorkerFixtures & Subject>({
  subject: ['chromium', { option: true, scope: 'worker' }],

  server: [
    async ({}, use) => {
      const scratch = mkdtempSync(path.join(tmpdir(), 'plumbline-measuring-'));
      const { outDir } = await buildPage({
        outDir: path.join(scratch, 'page'),
        plugins: [mutants({}, { slowPercent: 300 })],
      });
      const server = await startHarness({ page: outDir });
      await use(server);
      await server.close();
      rmSync(scratch, { recursive: true, force: true });
    },
    { scope: 'worker' },
  ],

  lenet1: [
    async ({}, use) => {
      const model = loadModels().models.find(({ card }) => card.name === 'lenet1');
      if (model === undefined) throw new Error('LeNet-1 is not there');
      await use({ model, dataset: await loadDataset(model.card.dataset) });
    },
    { scope: 'worker' },
  ],

  running: [
    async ({ subject }, use) => {
      const driver = await driverOf(subject);
      const browser = await driver.launch({ deadlineMs: DEADLINE_MS });
      await use({ browser, driver });
      await browser.close();
    },
    { scope: 'worker' },
  ],

  open: async ({ running: { browser, driver }, server, lenet1: { model, dataset } }, use) => {
    const pages: DriverPage[] = [];
    await use(async (mutant = 'none') => {
      const url = `${harnessUrl(server)}&mutant=${mutant}`;
      const page = await browser.openPage({ url, deadlineMs: DEADLINE_MS });
      pages.push(page);
      return new Harness(page, server, model, dataset, driver);
    });
    for (const page of pages) await page.close();
  },
});

async function driverOf(browser: BrowserName): Promise<HarnessDriver> {
  const status = await findEngine(browser);
  if (!status.found) {
    test.skip(true, `${browser}: ${status.why}; mend it by \`${status.mend}\``);
    throw new Error('a skipped test has ended before this');
  }
  return createDriver(status.engine);
}

export { expect };
