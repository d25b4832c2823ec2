/**
 * One visit of a cell for its time and memory: a fresh page, the phases of its start, timings, memory. What it did comes
 * back whatever happens: an observation with one visit, or with none and the reason. Judges nothing.
 *
 * The order within a visit keeps what is timed apart from what disturbs: the memory of processes is read in phases of
 * its own, larger batches come after the peak of memory was read, and the page is closed at the end, so that nothing
 * runs beside the next visit.
 */
import type { DriverBrowser, DriverPage } from '../drivers/driver.js';
import { median } from '../judge/index.js';
import type { PlannedVisit } from '../plan/performance.js';
import type { PlannedCell } from '../plan/plan.js';
import { isGpu } from '../plan/targets.js';
import { batchSizeOf, inputsOf, isBatched } from '../protocol/artifact.js';
import type { Artifact, ModelCard } from '../protocol/card.js';
import type { PageResult } from '../protocol/messages.js';
import type { Evidence } from '../protocol/observation.js';
import type {
  MeasureRequest,
  MemoryPoint,
  MemoryReading,
  PerformanceObservation,
  Series,
  Visit,
} from '../protocol/performance.js';
import { callPage } from './calls.js';
import { peakDuring, processMemory, type ProcessMemory } from './memory.js';
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
import type { Deadlines, MeasureSettings } from './settings.js';

/** The browsers of the pool were launched with a shared profile: else no visit would find its cache full. */
export interface VisitContext extends CellContext {
  readonly settings: MeasureSettings;
}

/** What a visit is to look at beside the start and the latency. */
export interface VisitParts {
  /** Memory, at each of its points. */
  readonly memory?: boolean;
  /** A larger batch. */
  readonly throughput?: boolean;
  /** How the page feels to its user. */
  readonly responsiveness?: boolean;
}

/** What a visit learns beyond {@link Progress}; a visit that breaks off has only a part of it. */
interface Notes extends Progress {
  visit?: Visit;
  evidence?: Evidence;
}

/** Makes one visit of a cell of a browser's. Never throws for what the browser, the runtime or the server do. */
export async function visitCell(
  { cell, turn, token }: Pick<PlannedVisit, 'cell' | 'turn' | 'token'>,
  context: VisitContext,
  parts: VisitParts,
): Promise<PerformanceObservation> {
  const notes: Notes = newProgress(cell.target);
  const at = new Date().toISOString();
  await attempt(notes, context, async () => {
    const walked = await walkVisit(cell, token, context, parts, notes);
    if (walked !== undefined) notes.visit = { turn, at, ...walked };
  });
  // Nothing is to run beside the next visit, be it in another browser.
  await context.pool.retire(false);
  return toObservation(cell, context, notes);
}

async function walkVisit(
  cell: PlannedCell,
  token: string,
  context: VisitContext,
  parts: VisitParts,
  notes: Notes,
): Promise<Omit<Visit, 'turn' | 'at'> | undefined> {
  const { pool, server, deadlines, settings } = context;
  const { target, artifact, model } = cell;
  const base = `${server.origin}/~${token}`;
  const sentBefore = server.sentUnder(token);
  const opened = await pool.fresh(`${base}/page/?driven`);
  const { page, browser } = opened;
  entered(notes, opened);
  if (!(await probePage(page, target, pool.driver, deadlines, notes))) return undefined;
  const memory = parts.memory === true ? new MemoryNotes(page, browser, deadlines, settings) : undefined;
  const calibrate = (): Promise<PageResult<'calibrate'>> =>
    callPage(page, 'calibrate', { timings: settings.calibrations }, { deadlineMs: deadlines.probe });

  enter(notes, 'page-ready');
  await memory?.read('empty');
  const before = await calibrate();

  const runtime = await startRuntime(page, target, deadlines, notes);
  const loaded = await loadArtifact(page, cell, base, deadlines, notes);
  const networkBytes = server.sentUnder(token) - sentBefore;
  await memory?.read('loaded');

  enter(notes, 'run');
  const batchSize = latencyBatch(artifact);
  const most = parts.throughput === true ? Math.max(batchSize, throughputBatch(model.card, artifact)) : batchSize;
  await feed(page, context, most);
  const measure = (request: Partial<MeasureRequest>): Promise<Series> =>
    callPage(
      page,
      'measure',
      { batchSize, readBack: true, ...settings.series, ...request },
      run(deadlines, settings.series.budgetMs),
    );
  const latency = await measure({});
  const inferenceMs = median(latency.samplesMs);
  const latencyWithoutReadBack =
    loaded.withoutReadBack === true && isGpu(target) ? await measure({ readBack: false }) : undefined;
  await memory?.readPeak(batchSize, inferenceMs);
  const throughput: Series[] = [];
  const larger = affordableBatch(most, batchSize, inferenceMs, settings.largestInferenceMs);
  if (larger !== undefined) throughput.push(await measure({ batchSize: larger }));
  const watch = { batchSize, durationMs: settings.responsivenessMs };
  const responsiveness =
    parts.responsiveness === true
      ? await callPage(page, 'responsiveness', watch, run(deadlines, settings.responsivenessMs))
      : undefined;

  enter(notes, 'dispose');
  const disposed = await callPage(page, 'dispose', null, { deadlineMs: deadlines.dispose });
  if (disposed.evidence !== undefined) notes.evidence = disposed.evidence;
  await memory?.read('disposed');
  const after = await calibrate();
  return {
    httpCache: opened.seen ? 'full' : 'empty',
    warmRuntime: runtime.warm,
    networkBytes,
    phases: {
      runtimeLoadMs: runtime.ms,
      modelFetchMs: loaded.fetchMs,
      sessionMs: loaded.sessionMs,
      firstInferenceMs: latency.warmUpMs[0] ?? 0,
      disposeMs: disposed.ms,
    },
    latency,
    ...(latencyWithoutReadBack === undefined ? {} : { latencyWithoutReadBack }),
    ...(throughput.length === 0 ? {} : { throughput }),
    calibration: { before, after },
    ...(memory === undefined ? {} : { memory: memory.readings }),
    ...(responsiveness === undefined ? {} : { responsiveness }),
  };
}

/** A call that infers for so long, and for as long again to warm up; one that hangs is late all the same. */
const run = ({ runGrace }: Deadlines, budgetMs: number): { deadlineMs: number; timeoutCode: 'E_RUN_TIMEOUT' } => ({
  deadlineMs: 2 * budgetMs + runGrace,
  timeoutCode: 'E_RUN_TIMEOUT',
});

/** Memory of the page and of the browser's processes, at one point after the other. */
class MemoryNotes {
  readonly readings: MemoryReading[] = [];

  constructor(
    private readonly page: DriverPage,
    private readonly browser: DriverBrowser,
    private readonly deadlines: Deadlines,
    private readonly settings: MeasureSettings,
  ) {}

  async read(point: MemoryPoint): Promise<void> {
    const page = await this.#ofPage();
    this.readings.push({ point, page, ...(await this.#ofProcesses()) });
  }

  /** The highest reading while inferences go on that nobody times. */
  async readPeak(batchSize: number, inferenceMs: number): Promise<void> {
    const inferences = Math.max(1, Math.round(this.settings.peakMs / inferenceMs));
    // Read never: that would collect garbage first, by making some.
    const request = { batchSize, inferences, readEvery: inferences + 1, compareAt: [] };
    const work = callPage(this.page, 'soak', request, run(this.deadlines, this.settings.peakMs));
    const processes = await peakDuring(() => this.#ofProcesses(), work);
    this.readings.push({ point: 'peak', page: await this.#ofPage(), ...processes });
  }

  #ofPage(): Promise<PageResult<'memory'>> {
    const { userAgentMs } = this.settings;
    return callPage(this.page, 'memory', { userAgentMs }, { deadlineMs: this.deadlines.probe });
  }

  async #ofProcesses(): Promise<ProcessMemory> {
    return await processMemory(await this.browser.processIds());
  }
}

/** Samples an inference where latency is measured: one, or what the artifact is fixed at. */
export function latencyBatch({ fixedBatch }: Artifact): number {
  return fixedBatch ?? 1;
}

/** The batch that is tried for throughput: the card's. */
export function throughputBatch(card: ModelCard, artifact: Artifact): number {
  return isBatched(inputsOf(card, artifact)) ? batchSizeOf(card, artifact) : 1;
}

/**
 * The largest batch, by halves from `most`, whose inference takes no longer than `limitMs` if its time grows with its
 * size; `undefined` where that leaves no more than `batchSize`.
 */
export function affordableBatch(
  most: number,
  batchSize: number,
  inferenceMs: number,
  limitMs: number,
): number | undefined {
  let size = most;
  while (size > batchSize && (size / batchSize) * inferenceMs > limitMs) size = Math.floor(size / 2);
  return size > batchSize ? size : undefined;
}

function toObservation(cell: PlannedCell, context: VisitContext, notes: Notes): PerformanceObservation {
  return {
    schema: 1,
    kind: 'performance',
    id: cell.id,
    platform: platformOf(notes, context.pool.driver),
    ...outcomeOf(notes),
    ...(notes.evidence === undefined ? {} : { evidence: notes.evidence }),
    modelBytes: modelBytes(cell.artifact),
    visits: notes.visit === undefined ? [] : [notes.visit],
  };
}

/** Bytes of an artifact's files. */
export function modelBytes({ files }: Artifact): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** The visits of a cell as one observation. The first fault is the cell's; what a later visit tells of the place counts. */
export function mergeVisits(visits: readonly PerformanceObservation[]): PerformanceObservation | undefined {
  const last = visits.at(-1);
  if (last === undefined) return undefined;
  const ended = visits.find(({ outcome }) => outcome !== 'completed') ?? last;
  const evidence = visits.map((visit) => visit.evidence).find((found) => found !== undefined);
  return {
    ...ended,
    ...(evidence === undefined ? {} : { evidence }),
    visits: visits.flatMap((visit) => visit.visits),
  };
}
