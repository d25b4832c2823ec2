/**
 * Time and memory of an artifact on the PC, by onnxruntime-node: one visit, as of a cell in a browser.
 *
 * In a process of its own, because a fresh one is what a fresh page is: it loads the runtime, and what is read of its
 * memory is the model's and the runtime's. In the runner's process garbage collection of all that the runner holds
 * would fall into the timings, and threads of sessions before it would still spin.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import path from 'node:path';
import type { Dataset } from '../datasets/index.js';
import { latencyBatch, modelBytes, throughputBatch, type VisitParts } from '../gather/performance.js';
import type { Deadlines, MeasureSettings } from '../gather/settings.js';
import { machine } from '../machine.js';
import { PROJECT_ROOT } from '../paths.js';
import type { PlannedVisit } from '../plan/performance.js';
import type { PlannedCell } from '../plan/plan.js';
import { inputsOf } from '../protocol/artifact.js';
import type { Artifact, ModelCard } from '../protocol/card.js';
import { createFeeder } from '../protocol/batches.js';
import { PlumblineError, fromErrorRecord, toErrorRecord, type ErrorRecord } from '../protocol/errors.js';
import { ARRAYS, type TensorData } from '../protocol/observation.js';
import type { PerformanceObservation, Visit } from '../protocol/performance.js';
import { ORT_NATIVE_VERSION } from './ort-native.js';

/** What the process is told: everything that it needs, so that it loads nothing but the runtime. */
export interface NativeRequest {
  readonly file: string;
  /** Weights lie in further files, which the runtime finds beside the first. */
  readonly single: boolean;
  readonly threads: number;
  readonly settings: MeasureSettings;
  readonly memory: boolean;
  /** The inputs of one inference: for the latency, then for each larger batch. */
  readonly batches: readonly { readonly size: number; readonly inputs: readonly TensorData[] }[];
}

export type NativeReply =
  | { readonly ok: true; readonly visit: Omit<Visit, 'turn' | 'at' | 'httpCache' | 'warmRuntime'> }
  | { readonly ok: false; readonly error: ErrorRecord };

export interface NativeContext {
  readonly dataset: Dataset;
  readonly deadlines: Deadlines;
  readonly settings: MeasureSettings;
}

/** Makes one visit of a cell of the PC's. Never throws for what the runtime does. */
export async function visitNative(
  { cell, turn }: Pick<PlannedVisit, 'cell' | 'turn'>,
  context: NativeContext,
  parts: VisitParts,
): Promise<PerformanceObservation> {
  const at = new Date().toISOString();
  try {
    const reply = await runProcess(await requestFor(cell, context, parts), context.deadlines.runGrace);
    if (!reply.ok) throw fromErrorRecord(reply.error);
    // Its file was checked before, so the system's cache holds it.
    const visit: Visit = { turn, at, httpCache: 'full', warmRuntime: false, ...reply.visit };
    return { ...identity(cell), outcome: 'completed', visits: [visit] };
  } catch (thrown) {
    return { ...identity(cell), outcome: 'faulted', fault: toErrorRecord(thrown, 'E_BASELINE'), visits: [] };
  }
}

async function requestFor(
  { model, artifact, target }: PlannedCell,
  { dataset, settings }: NativeContext,
  parts: VisitParts,
): Promise<NativeRequest> {
  const inputs = inputsOf(model.card, artifact);
  const { fields, n } = dataset.descriptor;
  const sizes = batchSizes(model.card, artifact).filter((size) => size <= n);
  const feeder = createFeeder(inputs, fields, Math.max(...sizes));
  const wires = await Promise.all(
    // A copy is aligned for every element type.
    fields.map(async ({ dtype }, index) => new ARRAYS[dtype](Uint8Array.from(await dataset.samples(index)).buffer)),
  );
  const [file] = artifact.files;
  return {
    file: path.join(model.folder, file?.path ?? ''),
    single: artifact.files.length === 1,
    threads: target.threads ?? 1,
    settings,
    memory: parts.memory === true,
    batches: sizes.map((size) => ({
      size,
      // Of their own, for the next call fills the feeder's buffers anew.
      inputs: feeder.feed(wires, size, size).map((tensor) => ({ ...tensor, data: tensor.data.slice() })),
    })),
  };
}

/**
 * The batches that are measured, that of the latency first: every one that an artifact of the model's is fixed at is the
 * latency of that artifact, and this is what it is compared with.
 */
export function batchSizes(card: ModelCard, artifact: Artifact): number[] {
  const own = latencyBatch(artifact);
  if (artifact.fixedBatch !== undefined) return [own];
  const fixed = card.artifacts.flatMap(({ fixedBatch }) => fixedBatch ?? []);
  return [...new Set([own, throughputBatch(card, artifact), ...fixed])];
}

/**
 * An observation as if latency had been measured at another batch: what a cell that is fixed at one is compared with.
 * Visits that have no such series have no latency.
 */
export function atBatch(observation: PerformanceObservation, batchSize: number): PerformanceObservation {
  const visits = observation.visits.map(({ latency, throughput = [], ...visit }) => {
    const series = [...(latency === undefined ? [] : [latency]), ...throughput].find(
      (candidate) => candidate.batchSize === batchSize,
    );
    return series === undefined ? visit : { ...visit, latency: series };
  });
  return { ...observation, visits };
}

const PROCESS = fileURLToPath(new URL('native-timing.process.ts', import.meta.url));

async function runProcess(request: NativeRequest, deadlineMs: number): Promise<NativeReply> {
  const child = fork(PROCESS, [], {
    cwd: PROJECT_ROOT,
    execArgv: ['--import', 'tsx'],
    // Typed arrays cross as they are.
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let printed = '';
  child.stderr?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const timer = setTimeout(() => child.kill('SIGKILL'), deadlineMs);
  try {
    return await new Promise<NativeReply>((resolve, reject) => {
      let reply: NativeReply | undefined;
      child.once('message', (message) => {
        reply = message as NativeReply;
      });
      child.once('error', reject);
      child.once('close', (code, signal) => {
        if (reply !== undefined) resolve(reply);
        else {
          const how = signal ?? `exit code ${String(code)}`;
          reject(new PlumblineError('E_BASELINE', `the process that measures on the PC ended by ${how}: ${printed}`));
        }
      });
      child.send(request);
    });
  } finally {
    clearTimeout(timer);
    child.kill('SIGKILL');
  }
}

function identity({ id, artifact }: PlannedCell): Omit<PerformanceObservation, 'outcome' | 'visits'> {
  return {
    schema: 1,
    kind: 'performance',
    id,
    platform: {
      runtimeVersion: ORT_NATIVE_VERSION,
      browserVersion: process.version,
      driver: 'node',
      driverVersion: process.version,
      ...machine(),
      gpu: 'none',
    },
    modelBytes: modelBytes(artifact),
  };
}
