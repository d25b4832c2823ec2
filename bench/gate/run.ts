/** One run of one cell, as a CI would have it: a browser of its own, and several visits, each on a fresh page. */
import { loadDatasetOf, type Dataset } from '../../src/datasets/index.js';
import type { DriverBrowser, HarnessDriver } from '../../src/drivers/index.js';
import { callPage } from '../../src/gather/calls.js';
import { DEFAULT_DEADLINES } from '../../src/gather/settings.js';
import type { VisitSample } from '../../src/judge/regression.js';
import type { PlannedCell } from '../../src/plan/plan.js';
import { inputsOf, outputsOf } from '../../src/protocol/artifact.js';
import { harnessUrl, startHarness } from '../../src/server/harness.js';
import type { HarnessServer } from '../../src/server/server.js';
import { median } from '../benchmark.js';

/** What a run is made of. Chosen on runs that the proof does not use: see docs/regressions.md. */
export const RUN = {
  visits: 6,
  /** Timings that are thrown away: the last compiler takes over long after the first timings look steady. */
  settleMs: 400,
  budgetMs: 300,
  calibrations: 40,
} as const;

const CALL = { deadlineMs: 60_000 };

export interface MeasuredRun {
  readonly browserVersion: string;
  readonly runtimeVersion: string;
  readonly visits: readonly VisitSample[];
}

/** @param page - folder of the built page: the product's own, or one with something in it spoiled */
export async function measureRun(cell: PlannedCell, driver: HarnessDriver, page: string): Promise<MeasuredRun> {
  const dataset = await loadDatasetOf(cell.model);
  const server = await startHarness({ page });
  try {
    const browser = await driver.launch({ deadlineMs: DEFAULT_DEADLINES.launch });
    try {
      const visits: VisitSample[] = [];
      let runtimeVersion = '';
      for (let visit = 0; visit < RUN.visits; visit++) {
        const seen = await visitPage(cell, browser, server, dataset);
        visits.push(seen.sample);
        runtimeVersion = seen.runtimeVersion;
      }
      return { browserVersion: browser.version, runtimeVersion, visits };
    } finally {
      await browser.close();
    }
  } finally {
    await server.close();
  }
}

async function visitPage(
  { target, artifact, model }: PlannedCell,
  browser: DriverBrowser,
  { origin, ...server }: HarnessServer,
  dataset: Dataset,
): Promise<{ sample: VisitSample; runtimeVersion: string }> {
  const page = await browser.openPage({
    url: harnessUrl({ origin, ...server }),
    deadlineMs: DEFAULT_DEADLINES.pageReady,
  });
  try {
    const before = await callPage(page, 'calibrate', { timings: RUN.calibrations }, CALL);
    const runtime = await callPage(page, 'loadRuntime', target, CALL);
    const files = artifact.files.map((file) => ({ ...file, url: `${origin}/models/${model.card.name}/${file.path}` }));
    const { format } = artifact;
    const [inputs, outputs] = [inputsOf(model.card, artifact), outputsOf(model.card, artifact)];
    await callPage(page, 'loadModel', { target, format, files, inputs, outputs }, CALL);
    const datasetUrl = `${origin}/datasets/${dataset.slug}/`;
    await callPage(page, 'feed', { dataset: dataset.descriptor, datasetUrl, samples: 1 }, CALL);
    const series = { batchSize: 1, timings: 5_000, minClockSteps: 50, readBack: true };
    await callPage(page, 'measure', { ...series, budgetMs: RUN.settleMs }, CALL);
    const { samplesMs } = await callPage(page, 'measure', { ...series, budgetMs: RUN.budgetMs }, CALL);
    await callPage(page, 'dispose', null, CALL);
    const after = await callPage(page, 'calibrate', { timings: RUN.calibrations }, CALL);
    return {
      sample: { samplesMs, calibrationMs: median([...before.samplesMs, ...after.samplesMs]) },
      runtimeVersion: runtime.version,
    };
  } finally {
    await page.close();
  }
}
