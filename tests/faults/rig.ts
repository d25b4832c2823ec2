/**
 * Runs single cells by the very code that the suite runs them by (pool, server, gathering, judging), with a hand on what
 * surrounds them: a test may do something in the middle of a call, and cut deadlines and the dataset short.
 */
import { randomUUID } from 'node:crypto';
import type { Engine } from '../../src/browsers/engine.js';
import { loadDataset } from '../../src/datasets/index.js';
import { createDriver, type DriverBrowser, type DriverPage, type HarnessDriver } from '../../src/drivers/index.js';
import { findProcesses } from '../../src/drivers/processes.js';
import { gatherCell } from '../../src/gather/cell.js';
import { PagePool } from '../../src/gather/pages.js';
import { DEFAULT_DEADLINES, type Deadlines } from '../../src/gather/settings.js';
import { modelsDir } from '../../src/paths.js';
import { loadModels } from '../../src/plan/cards.js';
import { planCells, type PlannedCell } from '../../src/plan/plan.js';
import type { PageMethod } from '../../src/protocol/messages.js';
import type { Observation } from '../../src/protocol/observation.js';
import type { ResultRecord } from '../../src/protocol/record.js';
import { harnessUrl, startHarness } from '../../src/server/harness.js';
import type { HarnessServer } from '../../src/server/server.js';
import { Baselines } from '../../src/testing/baselines.js';
import { judgeCell } from '../../src/testing/judging.js';
import type { MutantName } from '../mutants/page/mutants.js';

/** Samples that a cell runs unless a test wants more: three batches. */
const LIMIT = 300;
/** Short enough for a test, long enough for the slowest rasterizer. */
const BUDGET_MS = 20_000;

/** The variable by which the processes of a rig's browsers are known. */
const MARK = 'PLUMBLINE_RIG';

export interface RigOptions {
  readonly engine: Engine;
  /** The folder of the built page. */
  readonly page: string;
  readonly models?: string;
}

export interface RunOptions {
  readonly limit?: number;
  readonly budgetMs?: number;
  readonly deadlines?: Partial<Deadlines>;
  /** What the page is, where its build has mutants. */
  readonly mutant?: MutantName;
  /** Is done while the call is under way. */
  readonly during?: { readonly method: PageMethod; readonly act: (browser: DriverBrowser) => Promise<void> };
}

export interface Outcome {
  readonly record: ResultRecord;
  readonly observation: Observation;
}

export class Rig {
  private constructor(
    readonly server: HarnessServer,
    readonly models: string,
    private readonly hand: Hand,
    private readonly pool: PagePool,
  ) {}

  static async start({ engine, page, models = modelsDir() }: RigOptions): Promise<Rig> {
    const server = await startHarness({ page, models });
    const hand: Hand = { mark: randomUUID() };
    const driver = underHand(createDriver(engine), hand);
    return new Rig(server, models, hand, new PagePool(driver, harnessUrl(server), DEFAULT_DEADLINES));
  }

  /** The cell of that id. */
  cell(id: string): PlannedCell {
    const { models, bad } = loadModels(this.models);
    const found = planCells(models).find((cell) => cell.id === id);
    if (found === undefined) throw bad[0]?.error ?? new Error(`there is no cell "${id}" in ${this.models}`);
    return found;
  }

  /** Gathers and judges a cell. */
  async run(id: string, options: RunOptions = {}): Promise<Outcome> {
    const cell = this.cell(id);
    const dataset = await loadDataset(cell.model.card.dataset);
    // A page is one mutant or another from its beginning.
    if (options.mutant !== this.hand.mutant) await this.pool.retire(false);
    this.hand.mutant = options.mutant;
    this.hand.during = options.during;
    const observed = await gatherCell(cell, {
      pool: this.pool,
      server: this.server,
      dataset,
      deadlines: { ...DEFAULT_DEADLINES, ...options.deadlines },
      limit: options.limit ?? LIMIT,
      budgetMs: options.budgetMs ?? BUDGET_MS,
    });
    this.hand.during = undefined;
    if (this.hand.failed !== undefined) throw this.hand.failed;
    const { record } = await judgeCell(cell, observed, new Baselines(dataset));
    return { record, observation: observed.observation };
  }

  /** Ids of the processes of any browser of this rig that still run. */
  processesLeft(): number[] {
    return findProcesses(`${MARK}=${this.hand.mark}`).map(({ pid }) => pid);
  }

  async close(): Promise<void> {
    await this.pool.close();
    await this.server.close();
  }
}

/** What a test's hand does to a driver that is otherwise as it is. */
interface Hand {
  /** Goes into the environment of every browser. */
  readonly mark: string;
  mutant?: MutantName | undefined;
  during?: RunOptions['during'] | undefined;
  /** What went wrong in `during`: the test's own fault, and not one to be gathered. */
  failed?: Error;
}

function underHand(real: HarnessDriver, hand: Hand): HarnessDriver {
  return {
    ...real,
    async launch(options) {
      process.env[MARK] = hand.mark;
      const browser = await real.launch(options).finally(() => {
        // Other children of this worker, such as the bundler, are no browser's.
        Reflect.deleteProperty(process.env, MARK);
      });
      return {
        version: browser.version,
        processIds: () => browser.processIds(),
        isAlive: () => browser.isAlive(),
        close: () => browser.close(),
        async openPage({ url, deadlineMs }) {
          const address = hand.mutant === undefined ? url : `${url}&mutant=${hand.mutant}`;
          return pageUnderHand(await browser.openPage({ url: address, deadlineMs }), browser, hand);
        },
      };
    },
  };
}

function pageUnderHand(page: DriverPage, browser: DriverBrowser, hand: Hand): DriverPage {
  return {
    takeConsole: () => page.takeConsole(),
    screenshot: () => page.screenshot(),
    close: () => page.close(),
    async call(method, argument, options) {
      const answer = page.call(method, argument, options);
      if (hand.during?.method === method) {
        // What is done may end the call before it is waited for.
        answer.catch(() => undefined);
        await hand.during.act(browser).catch((error: unknown) => (hand.failed = error as Error));
      }
      return await answer;
    },
  };
}
