/**
 * The fixtures of time and memory: visits of cells, kept on disk as they end, and the verdict over all visits of a cell.
 * One worker has all browsers open, for visits go from one to the other; the idle ones show a blank page.
 */
import path from 'node:path';
import { atBatch, visitNative } from '../baseline/native-timing.js';
import { findEngine } from '../browsers/find.js';
import { latencyBatch, mergeVisits, visitCell, type VisitParts } from '../gather/performance.js';
import { PagePool } from '../gather/pages.js';
import { gatherSoak } from '../gather/soak.js';
import { MEASURE } from '../gather/settings.js';
import { VisitStore } from '../observations/visits.js';
import { nativeCells, planVisit, type PlannedVisit } from '../plan/performance.js';
import type { PlannedCell } from '../plan/plan.js';
import type { BrowserName } from '../protocol/cell.js';
import { PlumblineError } from '../protocol/errors.js';
import type { PerformanceObservation, SoakObservation } from '../protocol/performance.js';
import { harnessUrl } from '../server/harness.js';
import { driverFor } from './driver.js';
import { test as base } from './fixtures.js';
import { judgeMeasured, judgeSoaked } from './judging-measured.js';
import type { JudgedCell } from './judging.js';

interface WorkerFixtures {
  /** The browsers, each launched when it is first asked for. */
  pools: (browser: BrowserName) => Promise<PagePool>;
  /** The visits that this run has made so far, by whatever worker. */
  store: VisitStore;
}

interface TestFixtures {
  /** Makes one visit, whatever comes of it. A cell that broke off is not visited again. */
  visit: (visit: PlannedVisit) => Promise<void>;
  /** Judges a cell over all its visits; makes those that are missing first, and those of what it is compared with. */
  judgeVisits: (visit: PlannedVisit) => Promise<JudgedCell>;
  /** Infers the same again and again in a browser. */
  soak: (cell: PlannedCell) => Promise<SoakObservation>;
  judgeSoaked: (cell: PlannedCell, observation: SoakObservation) => JudgedCell;
}

/** Visits that are made beyond the plan, where the machine was noisy or a browser lost its cache. */
const EXTRA_VISITS = 1;

export const performanceTest = base.extend<TestFixtures, WorkerFixtures>({
  pools: [
    async ({ server, deadlines }, use) => {
      const pools = new Map<BrowserName, Promise<PagePool>>();
      const open = async (browser: BrowserName): Promise<PagePool> =>
        new PagePool(driverFor(await findEngine(browser)), harnessUrl(server), deadlines, { sharedProfile: true });
      await use((browser) => {
        const pool = pools.get(browser) ?? open(browser);
        pools.set(browser, pool);
        return pool;
      });
      for (const pool of pools.values()) await (await pool).close();
    },
    { scope: 'worker' },
  ],

  store: [
    async ({}, use, { project }) => {
      await use(new VisitStore(path.join(project.outputDir, 'visits')));
    },
    { scope: 'worker' },
  ],

  visit: async ({ store, pools, server, deadlines, baselinesOf }, use, testInfo) => {
    await use(async (visit) => {
      const { cell } = visit;
      if (hasBrokenOff(store.of(cell.id))) return;
      const { dataset } = await baselinesOf(cell);
      const { browser } = cell.key;
      // By what was done: the visits before this one may not have been selected.
      const parts = partsOf(cell, store.of(cell.id).length + 1, visit.of);
      const context = { server, dataset, deadlines, settings: MEASURE };
      const observation =
        browser === 'pc'
          ? await visitNative(visit, context, parts)
          : await visitCell(visit, { ...context, pool: await pools(browser) }, parts);
      // Ctrl-C closes the browser under the visit: what comes of that is no result.
      if (testInfo.status === 'interrupted') throw new PlumblineError('E_NOT_RUN', `${visit.title}: interrupted`);
      await store.add(observation);
    });
  },

  judgeVisits: async ({ store, visit }, use) => {
    /** The cell with all the visits that the plan has for it: some were left out where only a part of the run is run. */
    const complete = async ({ cell, of, turn }: PlannedVisit): Promise<PerformanceObservation> => {
      const more = (): Promise<void> => visit({ ...planVisit(cell, of, of), turn });
      while (store.of(cell.id).length < of && !hasBrokenOff(store.of(cell.id))) await more();
      const observation = merged(store, cell);
      if (lacksFullCache(observation) && store.of(cell.id).length < of + EXTRA_VISITS) await more();
      return merged(store, cell);
    };
    await use(async (last) => {
      const { cell } = last;
      const native: PerformanceObservation[] = [];
      for (const counterpart of nativeCells(cell))
        native.push(atBatch(await complete({ ...last, cell: counterpart }), latencyBatch(cell.artifact)));
      const judged = (observation: PerformanceObservation): JudgedCell =>
        judgeMeasured(cell, observation, native, store.calibrations(cell.key.browser));
      const first = judged(await complete(last));
      const isNoisy = first.record.performance?.noise.noisy === true;
      if (!isNoisy || store.of(cell.id).length >= last.of + EXTRA_VISITS) return first;
      // Another visit, in the hope of a quieter machine; if it is none, the record says so.
      await visit(last);
      return judged(merged(store, cell));
    });
  },

  soak: async ({ pools, server, deadlines, baselinesOf }, use) => {
    await use(async (cell) => {
      const { dataset } = await baselinesOf(cell);
      const pool = await pools(cell.key.browser as BrowserName);
      return await gatherSoak(cell, { pool, server, dataset, deadlines });
    });
  },

  judgeSoaked: async ({}, use) => {
    await use(judgeSoaked);
  },
});

/** Memory on the first visit, on the last one what puts a load on the page; how that feels, once for all precisions. */
const partsOf = ({ artifact }: PlannedCell, number: number, of: number): VisitParts => ({
  memory: number === 1,
  throughput: number === of,
  responsiveness: number === of && artifact.precision === 'fp32',
});

/** A fault, or a backend that is not there, is what the cell has to say: the next visit would find the same. */
const hasBrokenOff = (visits: readonly PerformanceObservation[]): boolean =>
  visits.some(({ outcome }) => outcome !== 'completed');

/** A browser that had to be launched anew in between has lost what its cache held. */
const lacksFullCache = ({ outcome, visits }: PerformanceObservation): boolean =>
  outcome === 'completed' && visits.every(({ httpCache }) => httpCache === 'empty');

function merged(store: VisitStore, { id }: PlannedCell): PerformanceObservation {
  const observation = mergeVisits(store.of(id));
  if (observation === undefined) throw new Error(`${id} was not visited`);
  return observation;
}
