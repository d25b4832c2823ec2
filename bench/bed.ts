/**
 * What the benchmarks run on: the suite's own server, browser, dataset and baselines, put together as the fixtures of
 * the specs do it, and one cell that is gathered and judged as a test does it.
 */
import path from 'node:path';
import { findEngine } from '../src/browsers/find.js';
import { packageFolder } from '../src/build/packages.js';
import { loadDataset, type Dataset } from '../src/datasets/index.js';
import type { DriverPage } from '../src/drivers/index.js';
import { callPage } from '../src/gather/calls.js';
import { gatherCell } from '../src/gather/cell.js';
import { PagePool } from '../src/gather/pages.js';
import { feed, loadArtifact, newProgress, startRuntime } from '../src/gather/phases.js';
import { DEFAULT_DEADLINES } from '../src/gather/settings.js';
import type { Observed } from '../src/observations/store.js';
import { PROJECT_ROOT } from '../src/paths.js';
import { loadModels } from '../src/plan/cards.js';
import { groupCells, planCells, type PlannedCell } from '../src/plan/plan.js';
import type { BrowserName } from '../src/protocol/cell.js';
import { PlumblineError } from '../src/protocol/errors.js';
import type { MeasureRequest, Series } from '../src/protocol/performance.js';
import { harnessUrl, startHarness } from '../src/server/harness.js';
import type { HarnessServer } from '../src/server/server.js';
import { Baselines } from '../src/testing/baselines.js';
import { driverFor } from '../src/testing/driver.js';
import { judgeCell } from '../src/testing/judging.js';

/** Hand-written pages; the server has them, and beside them the distribution files of onnxruntime-web. */
export type HandwrittenPage = 'handwritten' | 'bare-loop';

export class Bed {
  /** The page that holds the session of {@link measure}. */
  #timed: DriverPage | undefined;

  private constructor(
    readonly browser: BrowserName,
    readonly cell: PlannedCell,
    private readonly cells: readonly PlannedCell[],
    readonly dataset: Dataset,
    readonly server: HarnessServer,
    private readonly baselines: Baselines,
    private readonly pool: PagePool,
  ) {}

  /** A bed for LeNet-5 on onnxruntime-web's wasm backend with one thread. The browser is launched by the first cell. */
  static async open(browser: BrowserName): Promise<Bed> {
    const id = `lenet5/onnx-fp32/ort-wasm-t1@${browser}`;
    const cells = groupCells(planCells(loadModels().models, [browser])).flatMap((group) => group.cells);
    const cell = cells.find((planned) => planned.id === id);
    if (cell === undefined) throw new PlumblineError('E_USAGE', `the plan has no cell ${id}, which the bench runs`);
    const dataset = await loadDataset(cell.model.card.dataset);
    const server = await startHarness({
      mounts: {
        bench: path.join(PROJECT_ROOT, 'bench', 'page'),
        ort: path.join(packageFolder('onnxruntime-web'), 'dist'),
      },
    });
    const pool = new PagePool(driverFor(await findEngine(browser)), harnessUrl(server), DEFAULT_DEADLINES);
    return new Bed(browser, cell, cells, dataset, server, new Baselines(dataset), pool);
  }

  /**
   * The whole cell, from plan to verdict, over the first `limit` samples.
   * @returns what it did, and how long that took on the runner's clock, in milliseconds
   * @throws PlumblineError `E_INTERNAL` when the cell does not pass: its time would mean nothing
   */
  async runCell(limit = this.dataset.descriptor.n): Promise<Observed & { ms: number }> {
    return await this.run(this.cell, limit);
  }

  /** As {@link runCell}, for any cell of the plan in this browser whose model was trained on the bed's dataset. */
  async run(cell: PlannedCell, limit: number): Promise<Observed & { ms: number }> {
    this.#timed = undefined;
    const { dataset, server, pool } = this;
    const from = performance.now();
    const observed = await gatherCell(cell, { pool, server, dataset, deadlines: DEFAULT_DEADLINES, limit });
    const { record } = await judgeCell(cell, observed, this.baselines);
    const ms = performance.now() - from;
    const n = record.accuracy?.n ?? 0;
    if (record.status !== 'pass' || n !== limit) {
      const why = record.reason === undefined ? '' : `: ${record.reason.code}: ${record.reason.message}`;
      throw new PlumblineError('E_INTERNAL', `${cell.id} is ${record.status} after ${String(n)} samples${why}`);
    }
    return { ...observed, ms };
  }

  /** Cells of the plan in this browser, in the order of the matrix: those of one runtime-backend together. */
  cellsWhere(wanted: (cell: PlannedCell) => boolean): readonly PlannedCell[] {
    return this.cells.filter(wanted);
  }

  /**
   * Timings of the bed's cell as the suite takes them, one image an inference. The session stays: a later call times the
   * same one, unless a cell was run in between.
   */
  async measure(request: MeasureRequest): Promise<Series> {
    const { page } = await this.pool.acquire(this.cell.target);
    if (this.#timed !== page) {
      const progress = newProgress(this.cell.target);
      await startRuntime(page, this.cell.target, DEFAULT_DEADLINES, progress);
      await loadArtifact(page, this.cell, this.server.origin, DEFAULT_DEADLINES, progress);
      const { server, dataset } = this;
      await feed(page, { server, dataset, deadlines: DEFAULT_DEADLINES }, request.batchSize);
      this.#timed = page;
    }
    return await callPage(page, 'measure', request, { deadlineMs: DEFAULT_DEADLINES.runGrace });
  }

  /** The next cell gets a fresh page. */
  async giveUpPage(): Promise<void> {
    await this.pool.retire(false);
  }

  /** Address of a hand-written page, which is told in its query what to fetch. */
  handwrittenUrl(name: HandwrittenPage = 'handwritten'): string {
    const { origin } = this.server;
    const [file] = this.cell.artifact.files;
    const query = new URLSearchParams({
      model: `/models/${this.cell.model.card.name}/${file?.path ?? ''}`,
      samples: `/datasets/${this.dataset.slug}/${this.dataset.descriptor.fields[0]?.file ?? ''}`,
    });
    return `${origin}/bench/${name}.html?${query.toString()}`;
  }

  /** Opens a hand-written page in the browser of the cells. */
  async openHandwritten(name?: HandwrittenPage): Promise<DriverPage> {
    const { browser } = await this.pool.acquire(this.cell.target);
    return await browser.openPage({ url: this.handwrittenUrl(name), deadlineMs: DEFAULT_DEADLINES.pageReady });
  }

  async close(): Promise<void> {
    await this.pool.close();
    await this.server.close();
  }
}

/** Runs `work` on a bed that is cleared away afterwards, whatever happens. */
export async function onBed<T>(browser: BrowserName, work: (bed: Bed) => Promise<T>): Promise<T> {
  const bed = await Bed.open(browser);
  try {
    return await work(bed);
  } finally {
    await bed.close();
  }
}
