/**
 * What every kind of cell has in common, whatever is then done with the model: a page that answers, a backend that is
 * there, a runtime, a model; and what is left of a cell that breaks off.
 */
import { packageVersion } from '../build/packages.js';
import type { Dataset } from '../datasets/index.js';
import type { DriverPage, HarnessDriver } from '../drivers/driver.js';
import { machine } from '../machine.js';
import type { PlannedCell } from '../plan/plan.js';
import { RUNTIME_PACKAGES } from '../plan/targets.js';
import { inputsOf, outputsOf } from '../protocol/artifact.js';
import type { Target } from '../protocol/cell.js';
import { PlumblineError, toErrorRecord, type ErrorCode, type ErrorRecord, type Phase } from '../protocol/errors.js';
import type { PageResult } from '../protocol/messages.js';
import type { ConsoleEntry, Environment, Observation, PlatformInfo, Probe } from '../protocol/observation.js';
import type { HarnessServer } from '../server/server.js';
import { callPage } from './calls.js';
import { driverLimit } from './driver-limits.js';
import type { PagePool, WarmPage } from './pages.js';
import type { Deadlines } from './settings.js';

/** What every kind of cell is run with. */
export interface CellContext {
  readonly pool: PagePool;
  readonly server: HarnessServer;
  readonly dataset: Dataset;
  readonly deadlines: Deadlines;
}

/** What has been learnt so far; a cell that breaks off leaves what it had. */
export interface Progress {
  phase: Phase;
  /** When it was entered, on the clock of `performance.now()`. */
  since: number;
  page?: DriverPage;
  browserVersion: string;
  runtimeVersion: string;
  environment?: Environment;
  probe?: Probe;
  fault?: ErrorRecord;
  /** Milliseconds in the phase that ended by `fault`. */
  brokeOffMs?: number;
}

export function newProgress(target: Target): Progress {
  return {
    phase: 'launch',
    since: performance.now(),
    browserVersion: 'unknown',
    runtimeVersion: packageVersion(RUNTIME_PACKAGES[target.runtime]),
  };
}

export function enter(progress: Progress, phase: Phase): void {
  progress.phase = phase;
  progress.since = performance.now();
}

/**
 * Takes the steps of a cell. Whatever they throw becomes the fault of `progress`, and the page, or the whole browser, is
 * given up. Never throws.
 * @returns what the page printed
 */
export async function attempt(
  progress: Progress,
  context: Omit<CellContext, 'dataset'>,
  steps: () => Promise<void>,
): Promise<ConsoleEntry[]> {
  try {
    await steps();
  } catch (thrown) {
    progress.brokeOffMs = performance.now() - progress.since;
    progress.fault = toErrorRecord(blameServer(thrown, context.server), 'E_INTERNAL', progress.phase);
  }
  const printed = (await progress.page?.takeConsole()) ?? [];
  if (progress.fault !== undefined) await retire(progress.fault, progress.page, context);
  return printed;
}

/** Notes where the cell has got to: a page, in a browser. */
export function entered(progress: Progress, { page, browser }: WarmPage): void {
  progress.page = page;
  progress.browserVersion = browser.version;
}

/** Asks the page what it is, and whether the backend is there. @returns whether it is */
export async function probePage(
  page: DriverPage,
  target: Target,
  driver: Pick<HarnessDriver, 'capabilities'>,
  deadlines: Deadlines,
  progress: Progress,
): Promise<boolean> {
  enter(progress, 'page-ready');
  progress.environment = await callPage(page, 'environment', null, { deadlineMs: deadlines.pageReady });
  enter(progress, 'probe');
  progress.probe =
    driverLimit(target, driver.capabilities) ??
    (await callPage(page, 'probe', target, { deadlineMs: deadlines.probe }));
  return progress.probe.available;
}

/** Starts the runtime in the page, where it has not been. */
export async function startRuntime(
  page: DriverPage,
  target: Target,
  deadlines: Deadlines,
  progress: Progress,
): Promise<PageResult<'loadRuntime'>> {
  enter(progress, 'runtime-load');
  const runtime = await callPage(page, 'loadRuntime', target, { deadlineMs: deadlines.runtimeLoad });
  progress.runtimeVersion = runtime.version;
  return runtime;
}

/**
 * Loads the artifact of a cell into the page.
 * @param base address that the models lie under: the server's origin, or a prefix of it
 */
export async function loadArtifact(
  page: DriverPage,
  { target, artifact, model }: Pick<PlannedCell, 'target' | 'artifact' | 'model'>,
  base: string,
  deadlines: Deadlines,
  progress: Progress,
): Promise<PageResult<'loadModel'>> {
  enter(progress, 'model-load');
  return await callPage(
    page,
    'loadModel',
    {
      target,
      format: artifact.format,
      files: artifact.files.map((file) => ({ ...file, url: `${base}/models/${model.card.name}/${file.path}` })),
      inputs: inputsOf(model.card, artifact),
      outputs: outputsOf(model.card, artifact),
    },
    { deadlineMs: deadlines.modelLoad, timeoutCode: 'E_MODEL_LOAD_TIMEOUT' },
  );
}

/** Address of the folder of a dataset's files, with its slash. */
export function datasetUrl(server: Pick<HarnessServer, 'origin'>, { slug }: Pick<Dataset, 'slug'>): string {
  return `${server.origin}/datasets/${slug}/`;
}

/** Has the page hold the first samples of the dataset for the model that it has loaded. */
export async function feed(
  page: DriverPage,
  { server, dataset, deadlines }: Omit<CellContext, 'pool'>,
  samples: number,
): Promise<void> {
  const request = { dataset: dataset.descriptor, datasetUrl: datasetUrl(server, dataset), samples };
  await callPage(page, 'feed', request, { deadlineMs: deadlines.runGrace, timeoutCode: 'E_RUN_TIMEOUT' });
}

/** The parts of an observation that tell how far a cell came. */
export function outcomeOf({
  fault,
  probe,
  environment,
}: Progress): Pick<Observation, 'outcome' | 'fault' | 'probe' | 'environment'> {
  return {
    outcome: fault !== undefined ? 'faulted' : probe?.available === false ? 'unsupported' : 'completed',
    ...(fault === undefined ? {} : { fault }),
    ...(probe === undefined ? {} : { probe }),
    ...(environment === undefined ? {} : { environment }),
  };
}

/** Where and with what a cell ran, as far as it came. */
export function platformOf(
  { runtimeVersion, browserVersion, environment }: Progress,
  driver: Pick<HarnessDriver, 'kind' | 'version'>,
): PlatformInfo {
  return {
    runtimeVersion,
    browserVersion,
    driver: driver.kind,
    driverVersion: driver.version,
    ...machine(),
    gpu: environment?.webgpuAdapter ?? environment?.webglRenderer ?? 'none',
  };
}

/** A server that is gone shows in the page as one failed fetch or another: the cause is the server. */
function blameServer(thrown: unknown, server: HarnessServer): unknown {
  if (server.isListening() || (thrown instanceof PlumblineError && thrown.code === 'E_SERVER_GONE')) return thrown;
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  return new PlumblineError('E_SERVER_GONE', `the harness server stopped listening; then ${detail}`, { cause: thrown });
}

/** After these the whole browser is given up: a page that hung may take it along, and so does a lost GPU device. */
const RUINOUS: readonly ErrorCode[] = [
  'E_PAGE_TIMEOUT',
  'E_RUN_TIMEOUT',
  'E_MODEL_LOAD_TIMEOUT',
  'E_UPLOAD_TIMEOUT',
  'E_BROWSER_CRASHED',
  'E_DRIVER',
  // Chromium keeps an address from WebGL for a while after its context was lost.
  'E_GPU_DEVICE_LOST',
];

/**
 * Gives up the page on which a cell faulted. But a runtime that refused a model by itself may be none the worse for it:
 * where it shows so, the page stays, for opening one costs more than most refusals.
 */
async function retire(
  fault: ErrorRecord,
  page: DriverPage | undefined,
  { pool, deadlines }: { readonly pool: PagePool; readonly deadlines: Deadlines },
): Promise<void> {
  let { code } = fault;
  if (code === 'E_MODEL_LOAD' && page !== undefined) {
    try {
      const { leaks } = await callPage(page, 'dispose', null, { deadlineMs: deadlines.dispose });
      // What is printed now is not the next cell's.
      await page.takeConsole();
      if (leaks.length === 0) return;
    } catch (thrown) {
      ({ code } = toErrorRecord(thrown, 'E_INTERNAL', 'dispose'));
    }
  }
  await pool.retire(RUINOUS.includes(code));
}
