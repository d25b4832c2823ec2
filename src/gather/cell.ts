/** Runs one cell and brings back what it did: an observation, whatever happens. Judges nothing. */
import { packageVersion } from '../build/packages.js';
import type { Dataset } from '../datasets/index.js';
import type { DriverPage } from '../drivers/driver.js';
import { machine } from '../machine.js';
import type { Observed } from '../observations/store.js';
import { describeOutputs, tensorBytes, tensorFromBytes } from '../observations/tensors.js';
import type { PlannedCell } from '../plan/plan.js';
import { sampleLimit } from '../plan/limits.js';
import { RUNTIME_PACKAGES } from '../plan/targets.js';
import { batchSizeOf, inputsOf, outputsOf, recordedFor } from '../protocol/artifact.js';
import type { Artifact } from '../protocol/card.js';
import { PlumblineError, toErrorRecord, type ErrorRecord, type Phase } from '../protocol/errors.js';
import type { PageResult } from '../protocol/messages.js';
import type {
  ConsoleEntry,
  Environment,
  Memory,
  Observation,
  Probe,
  TensorData,
  Timing,
} from '../protocol/observation.js';
import type { HarnessServer } from '../server/server.js';
import { callPage } from './calls.js';
import { processTreePss } from './memory.js';
import type { PagePool } from './pages.js';
import { budgetMs, type Deadlines } from './settings.js';

export interface GatherContext {
  readonly pool: PagePool;
  readonly server: HarnessServer;
  readonly dataset: Dataset;
  readonly deadlines: Deadlines;
  /** At most so many samples; default: what is set for the dataset, as far as it fits the budget. */
  readonly limit?: number | undefined;
  /** Start no further inference after so many milliseconds; default: by the target. */
  readonly budgetMs?: number | undefined;
}

/** What has been learnt so far; a cell that breaks off leaves what it had. */
interface Notes {
  phase: Phase;
  page?: DriverPage;
  browserVersion: string;
  environment?: Environment;
  probe?: Probe;
  runtimeVersion: string;
  timing: Partial<Timing>;
  memory: Memory;
  run?: PageResult<'run'>;
  outputs: readonly TensorData[];
  leaks: readonly string[];
  fault?: ErrorRecord;
  unsupported: boolean;
}

/** Gathers a cell. Never throws for what the browser, the runtime or the server do: that is a faulted observation. */
export async function gatherCell(cell: PlannedCell, context: GatherContext): Promise<Observed> {
  const started = performance.now();
  const notes: Notes = {
    phase: 'launch',
    browserVersion: 'unknown',
    runtimeVersion: packageVersion(RUNTIME_PACKAGES[cell.target.runtime]),
    timing: {},
    memory: {},
    outputs: [],
    leaks: [],
    unsupported: false,
  };
  try {
    await walkPhases(cell, context, notes);
    notes.timing.cellMs = performance.now() - started;
  } catch (thrown) {
    notes.fault = toErrorRecord(blameServer(thrown, context.server), 'E_INTERNAL', notes.phase);
  }
  const console = (await notes.page?.takeConsole()) ?? [];
  if (notes.fault !== undefined) await retire(notes.fault, context.pool);
  return { observation: toObservation(cell, context, notes, console), outputs: notes.outputs };
}

async function walkPhases(cell: PlannedCell, context: GatherContext, notes: Notes): Promise<void> {
  const { pool, server, deadlines, dataset } = context;
  const { target, artifact, model } = cell;
  const enter = (phase: Phase): void => {
    notes.phase = phase;
  };

  const { page, browser, warm } = await pool.acquire(target);
  notes.page = page;
  notes.browserVersion = browser.version;
  notes.timing.warmPage = warm;

  enter('page-ready');
  notes.environment = await callPage(page, 'environment', null, { deadlineMs: deadlines.pageReady });

  enter('probe');
  notes.probe = await callPage(page, 'probe', target, { deadlineMs: deadlines.probe });
  if (!notes.probe.available) {
    notes.unsupported = true;
    return;
  }

  enter('runtime-load');
  const runtime = await callPage(page, 'loadRuntime', target, { deadlineMs: deadlines.runtimeLoad });
  notes.runtimeVersion = runtime.version;
  notes.timing.runtimeLoadMs = runtime.ms;

  enter('model-load');
  const loaded = await callPage(
    page,
    'loadModel',
    {
      target,
      format: artifact.format,
      files: artifact.files.map((file) => ({
        ...file,
        url: `${server.origin}/models/${model.card.name}/${file.path}`,
      })),
      inputs: inputsOf(model.card, artifact),
      outputs: outputsOf(model.card, artifact),
    },
    { deadlineMs: deadlines.modelLoad, timeoutCode: 'E_MODEL_LOAD_TIMEOUT' },
  );
  notes.timing.modelFetchMs = loaded.fetchMs;
  notes.timing.sessionMs = loaded.sessionMs;

  enter('run');
  const batchSize = batchSizeOf(model.card, artifact);
  const budget = context.budgetMs ?? budgetMs(target);
  const run = await callPage(
    page,
    'run',
    {
      dataset: dataset.descriptor,
      datasetUrl: `${server.origin}/datasets/${dataset.slug}/`,
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

  enter('upload');
  notes.outputs = await bringBack(page, server, cell.id, run, deadlines, notes.timing);

  enter('dispose');
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

/** A server that is gone shows in the page as one failed fetch or another: the cause is the server. */
function blameServer(thrown: unknown, server: HarnessServer): unknown {
  if (server.isListening() || (thrown instanceof PlumblineError && thrown.code === 'E_SERVER_GONE')) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new PlumblineError('E_SERVER_GONE', `the harness server stopped listening; then ${detail}`, { cause: thrown });
}

/**
 * A page that hung takes its browser with it: nothing else is sure to end it. So does a lost GPU device: Chromium keeps
 * an address from WebGL for a while after its context was lost.
 */
async function retire(fault: ErrorRecord, pool: PagePool): Promise<void> {
  const ruinous = [
    'E_PAGE_TIMEOUT',
    'E_RUN_TIMEOUT',
    'E_MODEL_LOAD_TIMEOUT',
    'E_UPLOAD_TIMEOUT',
    'E_BROWSER_CRASHED',
    'E_DRIVER',
    'E_GPU_DEVICE_LOST',
  ];
  await pool.retire(ruinous.includes(fault.code));
}

function toObservation(cell: PlannedCell, context: GatherContext, notes: Notes, console: ConsoleEntry[]): Observation {
  const { driver } = context.pool;
  const { environment, probe, fault, run } = notes;
  return {
    schema: 1,
    id: cell.id,
    platform: {
      runtimeVersion: notes.runtimeVersion,
      browserVersion: notes.browserVersion,
      driver: driver.kind,
      driverVersion: driver.version,
      ...machine(),
      gpu: environment?.webgpuAdapter ?? environment?.webglRenderer ?? 'none',
    },
    outcome: fault !== undefined ? 'faulted' : notes.unsupported ? 'unsupported' : 'completed',
    ...(fault === undefined ? {} : { fault }),
    ...(probe === undefined ? {} : { probe }),
    ...(environment === undefined ? {} : { environment }),
    // Outputs that never came back cannot be judged, so they do not count.
    n: notes.outputs.length === 0 ? 0 : (run?.n ?? 0),
    dataset: context.dataset.reference,
    outputs: describeOutputs(notes.outputs),
    timing: notes.timing,
    memory: notes.memory,
    ...(notes.leaks.length === 0 ? {} : { leaks: [...notes.leaks] }),
    ...(run === undefined ? {} : { evidence: run.evidence }),
    console,
  };
}
