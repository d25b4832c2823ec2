/**
 * What every kind of cell has in common, whatever is then done with the model: a page that answers, a backend that is
 * there, a runtime, a model; and what is left of a cell that breaks off.
 */
import { packageVersion } from '../build/packages.js';
import type { DriverPage, HarnessDriver } from '../drivers/driver.js';
import { machine } from '../machine.js';
import type { PlannedCell } from '../plan/plan.js';
import { RUNTIME_PACKAGES } from '../plan/targets.js';
import { inputsOf, outputsOf } from '../protocol/artifact.js';
import type { Target } from '../protocol/cell.js';
import { PlumblineError, toErrorRecord, type ErrorRecord, type Phase } from '../protocol/errors.js';
import type { PageResult } from '../protocol/messages.js';
import type { ConsoleEntry, Environment, Observation, PlatformInfo, Probe } from '../protocol/observation.js';
import type { HarnessServer } from '../server/server.js';
import { callPage } from './calls.js';
import type { PagePool, WarmPage } from './pages.js';
import type { Deadlines } from './settings.js';

/** What has been learnt so far; a cell that breaks off leaves what it had. */
export interface Progress {
  phase: Phase;
  page?: DriverPage;
  browserVersion: string;
  runtimeVersion: string;
  environment?: Environment;
  probe?: Probe;
  fault?: ErrorRecord;
}

export function newProgress(target: Target): Progress {
  return {
    phase: 'launch',
    browserVersion: 'unknown',
    runtimeVersion: packageVersion(RUNTIME_PACKAGES[target.runtime]),
  };
}

/**
 * Takes the steps of a cell. Whatever they throw becomes the fault of `progress`, and the page, or the whole browser, is
 * given up. Never throws.
 * @returns what the page printed
 */
export async function attempt(
  progress: Progress,
  { pool, server }: { readonly pool: PagePool; readonly server: HarnessServer },
  steps: () => Promise<void>,
): Promise<ConsoleEntry[]> {
  try {
    await steps();
  } catch (thrown) {
    progress.fault = toErrorRecord(blameServer(thrown, server), 'E_INTERNAL', progress.phase);
  }
  const printed = (await progress.page?.takeConsole()) ?? [];
  if (progress.fault !== undefined) await retire(progress.fault, pool);
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
  deadlines: Deadlines,
  progress: Progress,
): Promise<boolean> {
  progress.phase = 'page-ready';
  progress.environment = await callPage(page, 'environment', null, { deadlineMs: deadlines.pageReady });
  progress.phase = 'probe';
  progress.probe = await callPage(page, 'probe', target, { deadlineMs: deadlines.probe });
  return progress.probe.available;
}

/** Starts the runtime in the page, where it has not been. */
export async function startRuntime(
  page: DriverPage,
  target: Target,
  deadlines: Deadlines,
  progress: Progress,
): Promise<PageResult<'loadRuntime'>> {
  progress.phase = 'runtime-load';
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
  progress.phase = 'model-load';
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
