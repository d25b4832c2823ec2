/**
 * A model that is used for long, on one page: the same input inferred again and again, then loaded and disposed of again
 * and again, with the memory as it goes. What it did comes back whatever happens. Judges nothing.
 */
import type { DriverBrowser } from '../drivers/driver.js';
import type { PlannedCell } from '../plan/plan.js';
import type { MemoryCurve, SoakObservation, SoakReport } from '../protocol/performance.js';
import { callPage } from './calls.js';
import { processMemory } from './memory.js';
import { latencyBatch } from './performance.js';
import {
  attempt,
  enter,
  entered,
  feed,
  loadArtifact,
  newProgress,
  outcomeOf,
  platformOf,
  probePage,
  startRuntime,
  type CellContext,
  type Progress,
} from './phases.js';
import { SOAK, type SoakSettings } from './settings.js';

export interface SoakContext extends CellContext {
  readonly settings?: SoakSettings;
}

/** A cell that breaks off leaves what it had. */
interface Notes extends Progress {
  report?: SoakReport;
  readonly rounds: MemoryCurve;
}

/** Soaks a cell. Never throws for what the browser, the runtime or the server do. */
export async function gatherSoak(cell: PlannedCell, context: SoakContext): Promise<SoakObservation> {
  const notes: Notes = { ...newProgress(cell.target), rounds: [] };
  await attempt(notes, context, async () => {
    await walkSoak(cell, context, notes);
  });
  await context.pool.retire(false);
  return {
    schema: 1,
    kind: 'soak',
    id: cell.id,
    platform: platformOf(notes, context.pool.driver),
    ...outcomeOf(notes),
    ...(notes.report === undefined ? {} : { soak: notes.report }),
    rounds: notes.rounds,
  };
}

async function walkSoak(cell: PlannedCell, context: SoakContext, notes: Notes): Promise<void> {
  const { pool, server, deadlines, settings = SOAK } = context;
  const { target, artifact } = cell;
  const opened = await pool.fresh(`${server.origin}/page/?driven`);
  const { page, browser } = opened;
  entered(notes, opened);
  if (!(await probePage(page, target, pool.driver, deadlines, notes))) return;
  await startRuntime(page, target, deadlines, notes);

  const batchSize = latencyBatch(artifact);
  const load = async (): Promise<void> => {
    await loadArtifact(page, cell, server.origin, deadlines, notes);
    enter(notes, 'run');
    await feed(page, context, batchSize);
  };
  const infer = (inferences: number, startAt: number, compareAt: readonly number[] = []): Promise<SoakReport> => {
    const request = { batchSize, inferences, startAt, readEvery: settings.readEvery, compareAt };
    const deadlineMs = settings.budgetMs + deadlines.runGrace;
    return callPage(page, 'soak', request, { deadlineMs, timeoutCode: 'E_RUN_TIMEOUT' });
  };
  const dispose = async (): Promise<void> => {
    enter(notes, 'dispose');
    await callPage(page, 'dispose', null, { deadlineMs: deadlines.dispose });
  };

  await load();
  // In parts, so that the processes can be looked at in between; and no longer than the budget, however slow the model.
  const from = performance.now();
  let report: SoakReport = { inferences: 0, digests: [], curve: [] };
  while (report.inferences < settings.inferences && performance.now() - from < settings.budgetMs) {
    const startAt = report.inferences;
    const count = Math.min(settings.readEvery, settings.inferences - startAt);
    const compareAt = settings.compareAt.filter((at) => at > startAt && at <= startAt + count);
    const part = await infer(count, startAt, compareAt);
    report = append(report, part, await bytesOf(browser));
    notes.report = report;
  }
  await dispose();

  for (let round = 1; round <= settings.rounds; round++) {
    await load();
    await infer(1, 0);
    await dispose();
    const memory = await callPage(page, 'memory', { userAgentMs: 0, collect: true }, { deadlineMs: deadlines.probe });
    notes.rounds.push({ at: round, page: memory, ...(await bytesOf(browser)) });
  }
}

/** A report with the next part of the same soak; what was read of the processes belongs to the part's last point. */
function append(report: SoakReport, part: SoakReport, processes: { processBytes?: number }): SoakReport {
  const last = part.curve.length - 1;
  return {
    inferences: report.inferences + part.inferences,
    digests: [...report.digests, ...part.digests],
    curve: [
      ...report.curve,
      ...part.curve.map((point, index) => (index === last ? { ...point, ...processes } : point)),
    ],
  };
}

async function bytesOf(browser: DriverBrowser): Promise<{ processBytes?: number }> {
  const { processBytes } = await processMemory(await browser.processIds());
  return processBytes === undefined ? {} : { processBytes };
}
