/**
 * What a cell did, raw. An observation holds no judgement: verdicts are recomputed from it offline.
 * Times are milliseconds, memory is bytes, throughout.
 */
import { z } from 'zod';
import { dtypeSchema, type Dtype } from './card.js';
import { PHASES, isErrorCode, type ErrorCode } from './errors.js';

export const errorRecordSchema = z.strictObject({
  code: z.custom<ErrorCode>(isErrorCode, 'a stable error code'),
  message: z.string(),
  hint: z.string(),
  phase: z.enum(PHASES).optional(),
  stack: z.string().optional(),
});

/** What a probe found, in the words of the browser. */
export const probeSchema = z.strictObject({
  available: z.boolean(),
  /** Why not, or what is there: "navigator.gpu is undefined", "adapter: google swiftshader". */
  words: z.string().min(1),
});
export type Probe = z.infer<typeof probeSchema>;

/** What shows that the backend ran. Counts cover the cell alone, load and run together. */
export const evidenceSchema = z.strictObject({
  /** What the runtime calls the provider that it used. */
  provider: z.string(),
  gpuDispatches: z.int().nonnegative(),
  webglDraws: z.int().nonnegative(),
  webnnDispatches: z.int().nonnegative(),
  /** Kernels that the runtime says it ran on the backend; absent where it does not tell. */
  kernels: z.int().nonnegative().optional(),
  /** wasm binaries that the page has instantiated, with the size of each (0 where it came as a stream). */
  wasmModules: z.array(z.strictObject({ name: z.string(), bytes: z.int().nonnegative() })),
  wasmMemoryBytes: z.int().nonnegative(),
  /** Workers that answered at least once, that is, really started. */
  workersAlive: z.int().nonnegative(),
  threads: z.int().positive(),
  gpuDeviceLost: z.string().optional(),
});
export type Evidence = z.infer<typeof evidenceSchema>;

export const consoleEntrySchema = z.strictObject({
  level: z.enum(['debug', 'log', 'info', 'warning', 'error']),
  text: z.string(),
});
export type ConsoleEntry = z.infer<typeof consoleEntrySchema>;

/** What the page knows of the browser that it is in. */
export const environmentSchema = z.strictObject({
  userAgent: z.string(),
  crossOriginIsolated: z.boolean(),
  hardwareConcurrency: z.int().positive(),
  sharedArrayBuffer: z.boolean(),
  /** Smallest step of `performance.now()` that was seen. */
  clockResolutionMs: z.number().nonnegative(),
  webglRenderer: z.string().optional(),
  webgpuAdapter: z.string().optional(),
});
export type Environment = z.infer<typeof environmentSchema>;

export const timingSchema = z.strictObject({
  /** Script, wasm compile, device; 0 on a page where the runtime was warm. */
  runtimeLoadMs: z.number().nonnegative(),
  modelFetchMs: z.number().nonnegative(),
  sessionMs: z.number().nonnegative(),
  firstInferenceMs: z.number().nonnegative(),
  /** One number an inference after the first, outputs read back. */
  inferenceMs: z.array(z.number().nonnegative()),
  /** Samples an inference. */
  batchSize: z.int().positive(),
  /** Time spent waiting for samples to arrive and on normalizing them. */
  inputMs: z.number().nonnegative(),
  uploadMs: z.number().nonnegative(),
  disposeMs: z.number().nonnegative(),
  /** Plan to outputs, on the runner's clock. */
  cellMs: z.number().nonnegative(),
  /** Of a cell that faulted: time in the phase in which it did, on the runner's clock. */
  brokeOffMs: z.number().nonnegative(),
  /** Whether page and runtime were already loaded. */
  warmPage: z.boolean(),
});
export type Timing = z.infer<typeof timingSchema>;

export const memorySchema = z.strictObject({
  jsHeapBytes: z.int().nonnegative().optional(),
  wasmHeapBytes: z.int().nonnegative().optional(),
  userAgentBytes: z.int().nonnegative().optional(),
  tensors: z.int().nonnegative().optional(),
  tensorBytes: z.int().nonnegative().optional(),
  /** Proportional set size of the browser's process tree after the run (Linux). */
  processTreePssBytes: z.int().nonnegative().optional(),
});
export type Memory = z.infer<typeof memorySchema>;

/** One output tensor over all samples that were run: `shape[0]` is n. The values are in `file`, little-endian, C order. */
export const outputTensorSchema = z.strictObject({
  name: z.string(),
  dtype: dtypeSchema,
  shape: z.array(z.int().nonnegative()),
  file: z.string(),
});
export type OutputTensor = z.infer<typeof outputTensorSchema>;

/** Where and with what a cell ran, as far as it came. */
export const platformSchema = z.strictObject({
  runtimeVersion: z.string(),
  browserVersion: z.string(),
  driver: z.string(),
  driverVersion: z.string(),
  os: z.string(),
  cpu: z.string(),
  gpu: z.string(),
});
export type PlatformInfo = z.infer<typeof platformSchema>;

/** Which samples a cell was run on; `sha256` is that of the samples. */
export const datasetReferenceSchema = z.strictObject({
  name: z.string(),
  split: z.string(),
  n: z.int().positive(),
  sha256: z.string(),
  /** `true`: seeded noise in place of a dataset that could not be had, or of a model's that has none. No labels, no accuracy. */
  generated: z.boolean().optional(),
});

/** What observations of every kind say: of which cell, where it ran, and how it went. */
export const courseShape = {
  schema: z.literal(1),
  id: z.string(),
  platform: platformSchema,
  /** `completed`: what was asked for is there. `unsupported`: the probe said no. `faulted`: `fault` says what happened. */
  outcome: z.enum(['completed', 'unsupported', 'faulted']),
  fault: errorRecordSchema.optional(),
  probe: probeSchema.optional(),
  environment: environmentSchema.optional(),
};

export const observationSchema = z.strictObject({
  ...courseShape,
  /** Samples that were run: the longest prefix of the dataset that fitted the budget. */
  n: z.int().nonnegative(),
  dataset: datasetReferenceSchema,
  outputs: z.array(outputTensorSchema),
  timing: timingSchema.partial(),
  memory: memorySchema,
  evidence: evidenceSchema.optional(),
  /** What the runtime left behind after dispose, in words; absent when nothing was. */
  leaks: z.array(z.string()).optional(),
  console: z.array(consoleEntrySchema),
});
export type Observation = z.infer<typeof observationSchema>;

/** An output tensor with its values in memory. */
export interface TensorData {
  readonly name: string;
  readonly dtype: z.infer<typeof dtypeSchema>;
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array | Int8Array | Uint16Array;
}

/** The array that holds the values of each dtype; float16 travels as its bits, bool as bytes. */
export const ARRAYS = {
  float32: Float32Array,
  float16: Uint16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  int8: Int8Array,
  bool: Uint8Array,
} as const satisfies Record<Dtype, unknown>;
