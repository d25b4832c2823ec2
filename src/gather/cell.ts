/** Runs one cell and brings back what it did: an observation, whatever happens. Judges nothing. */
import type { DriverPage } from '../drivers/driver.js';
import type { Observed } from '../observations/store.js';
import { describeOutputs, tensorBytes, tensorFromBytes } from '../observations/tensors.js';
import type { PlannedCell } from '../plan/plan.js';
import { sampleLimit } from '../plan/limits.js';
import { batchSizeOf, recordedFor } from '../protocol/artifact.js';
import type { Artifact } from '../protocol/card.js';
import type { PageResult } from '../protocol/messages.js';
import type { ConsoleEntry, Memory, Observation, TensorData, Timing } from '../protocol/observation.js';
import type { HarnessServer } from '../server/server.js';
import { callPage } from './calls.js';
import { processTreePss } from './memory.js';
import {
  attempt,
  datasetUrl,
  enter,
  entered,
  loadArtifact,
  newProgress,
  outcomeOf,
  platformOf,
  probePage,
  startRuntime,
  type CellContext,
  type Progress,
} from './phases.js';
import { budgetMs, type Deadlines } from './settings.js';

export interface GatherContext extends CellContext {
  /** At most so many samples; default: what is set for the dataset, as far as it fits the budget. */
  readonly limit?: number | undefined;
  /** Start no further inference after so many milliseconds; default: by the target. */
  readonly budgetMs?: number | undefined;
}

/** What a cell of this kind learns beyond {@link Progress}. */
interface Notes extends Progress {
  timing: Partial<Timing>;
  memory: Memory;
  run?: PageResult<'run'>;
  outputs: readonly TensorData[];
  leaks: readonly string[];
}

/** Gathers a cell. Never throws for what the browser, the runtime or the server do: that is a faulted observation. */
export async function gatherCell(cell: PlannedCell, context: GatherContext): Promise<Observed> {
  const started = performance.now();
  const notes: Notes = { ...newProgress(cell.target), timing: {}, memory: {}, outputs: [], leaks: [] };
  const console = await attempt(notes, context, async () => {
    await walkPhases(cell, context, notes);
    notes.timing.cellMs = performance.now() - started;
  });
  return { observation: toObservation(cell, context, notes, console), outputs: notes.outputs };
}

async function walkPhases(cell: PlannedCell, context: GatherContext, notes: Notes): Promise<void> {
  const { pool, server, deadlines, dataset } = context;
  const { target, artifact, model } = cell;
  const acquired = await pool.acquire(target);
  const { page, browser } = acquired;
  entered(notes, acquired);
  notes.timing.warmPage = acquired.warm;

  if (!(await probePage(page, target, pool.driver, deadlines, notes))) return;
  const runtime = await startRuntime(page, target, deadlines, notes);
  notes.timing.runtimeLoadMs = runtime.ms;
  const loaded = await loadArtifact(page, cell, server.origin, deadlines, notes);
  notes.timing.modelFetchMs = loaded.fetchMs;
  notes.timing.sessionMs = loaded.sessionMs;

  enter(notes, 'run');
  const batchSize = batchSizeOf(model.card, artifact);
  const budget = context.budgetMs ?? budgetMs(target);
  const run = await callPage(
    page,
    'run',
    {
      dataset: dataset.descriptor,
      datasetUrl: datasetUrl(server, dataset),
      batchSize,
      limit: sampleCount(artifact, context),
      budgetMs: budget,
      padLastBatch: artifact.fixedBatch !== undefined,
    },
    { deadlineMs: budget + deadlines.runGrace, timeoutCode: 'E_RUN_TIMEOUT' },
  );
  notes.run = run;
  Object.assign(notes.timing, {
    firstInferenceMs: run.firstInferenceMs,
    inferenceMs: run.inferenceMs,
    inputMs: run.inputMs,
    batchSize,
  });
  notes.memory = run.memory;

  // Read beside the upload: it takes the runner's time alone.
  const pss = browser.processIds().then(processTreePss);
  pss.catch(() => undefined);

  enter(notes, 'upload');
  notes.outputs = await bringBack(page, server, cell.id, run, deadlines, notes.timing);

  enter(notes, 'dispose');
  const disposed = await callPage(page, 'dispose', null, { deadlineMs: deadlines.dispose });
  notes.timing.disposeMs = disposed.ms;
  const processTreePssBytes = await pss;
  if (processTreePssBytes !== undefined) notes.memory = { ...notes.memory, processTreePssBytes };
  notes.leaks = disposed.leaks;
  // The outputs are good, so this is no fault of the cell's; but the next one must not inherit what is left.
  if (disposed.leaks.length > 0) await pool.retire(false);
  if (run.evidence.gpuDeviceLost !== undefined) await pool.retire(true);
}

/** No more samples than the PC's outputs were recorded for, where they were: the others could not be judged. */
function sampleCount(artifact: Artifact, { dataset, limit }: GatherContext): number {
  const { name, split, n } = dataset.descriptor;
  return Math.min(n, limit ?? sampleLimit(name), recordedFor(artifact, name, split)?.n ?? Infinity);
}

async function bringBack(
  page: DriverPage,
  server: HarnessServer,
  id: string,
  run: PageResult<'run'>,
  deadlines: Deadlines,
  timing: Partial<Timing>,
): Promise<TensorData[]> {
  const names = run.outputs.map((_, index) => `${id}#${String(index)}`);
  const urls = run.outputs.map(
    ({ dtype, shape }, index) => server.origin + server.uploads.announce(names[index] ?? id, tensorBytes(dtype, shape)),
  );
  const report = await callPage(
    page,
    'upload',
    { urls, token: server.uploads.token },
    { deadlineMs: deadlines.upload, timeoutCode: 'E_UPLOAD_TIMEOUT' },
  );
  timing.uploadMs = report.ms;
  return run.outputs.map(({ name, dtype, shape }, index) =>
    tensorFromBytes(name, dtype, shape, server.uploads.take(names[index] ?? id)),
  );
}

function toObservation(cell: PlannedCell, context: GatherContext, notes: Notes, console: ConsoleEntry[]): Observation {
  const { run, brokeOffMs } = notes;
  return {
    schema: 1,
    id: cell.id,
    platform: platformOf(notes, context.pool.driver),
    ...outcomeOf(notes),
    // Outputs that never came back cannot be judged, so they do not count.
    n: notes.outputs.length === 0 ? 0 : (run?.n ?? 0),
    dataset: context.dataset.reference,
    outputs: describeOutputs(notes.outputs),
    timing: { ...notes.timing, ...(brokeOffMs === undefined ? {} : { brokeOffMs }) },
    memory: notes.memory,
    ...(notes.leaks.length === 0 ? {} : { leaks: [...notes.leaks] }),
    ...(run === undefined ? {} : { evidence: run.evidence }),
    console,
  };
}
