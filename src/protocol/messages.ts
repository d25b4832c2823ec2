/**
 * What the runner may ask of the page, and what the page answers. One typed contract, imported by both sides: the page
 * for its types alone, the runner to validate what comes back.
 */
import { z } from 'zod';
import type { Artifact, InputSpec, OutputSpec } from './card.js';
import { dtypeSchema } from './card.js';
import type { Target } from './cell.js';
import type { DatasetDescriptor } from './dataset.js';
import type { ConsoleEntry } from './observation.js';
import {
  calibrationSchema,
  pageMemorySchema,
  responsivenessSchema,
  seriesSchema,
  soakReportSchema,
  type MeasureRequest,
  type SoakRequest,
} from './performance.js';
import { environmentSchema, errorRecordSchema, evidenceSchema, memorySchema, probeSchema } from './observation.js';

/** What the page puts on `window.plumbline`. */
export interface PageBridge {
  /** Never rejects: a failure is `{ ok: false, error }`. */
  call(method: string, argument: unknown): Promise<PageAnswer>;
  /** Console lines, uncaught errors and unhandled rejections since the last call. */
  drainConsole(): ConsoleEntry[];
}

export const pageAnswerSchema = z.union([
  z.strictObject({ ok: z.literal(true), value: z.unknown() }),
  z.strictObject({ ok: z.literal(false), error: errorRecordSchema }),
]);
export type PageAnswer = z.infer<typeof pageAnswerSchema>;

export interface LoadModelRequest {
  readonly target: Target;
  readonly format: Artifact['format'];
  /** Absolute or page-relative addresses of the artifact's files, entry first, with the digest that each must have. */
  readonly files: readonly { readonly url: string; readonly sha256: string; readonly bytes: number }[];
  readonly inputs: readonly InputSpec[];
  readonly outputs: readonly OutputSpec[];
}

export interface RunRequest {
  readonly dataset: DatasetDescriptor;
  /** Address of the folder of the dataset's files, with its slash; the page fetches ranges of them. */
  readonly datasetUrl: string;
  /** Samples an inference; 1 where the model has no batch axis. */
  readonly batchSize: number;
  /** Stop after so many samples; `dataset.n` for all. */
  readonly limit: number;
  /** Start no further inference after this many milliseconds. */
  readonly budgetMs: number;
  /** Whether the last batch must be padded to `batchSize` (an artifact with a fixed batch). */
  readonly padLastBatch: boolean;
}

export interface UploadRequest {
  /** One address an output, in the order of the outputs of {@link runReportSchema}. */
  readonly urls: readonly string[];
  readonly token: string;
}

/** Of the dataset's first samples, as many as the largest batch that will be measured. */
export type FeedRequest = Pick<RunRequest, 'dataset' | 'datasetUrl'> & { readonly samples: number };

export interface CalibrateRequest {
  readonly timings: number;
}

export interface MemoryRequest {
  /** Wait for `measureUserAgentSpecificMemory` no longer than this; 0: do not ask. */
  readonly userAgentMs: number;
  /** Provoke a collection of garbage first, so that what is left is what is held. Default `false`. */
  readonly collect?: boolean | undefined;
}

export interface ResponsivenessRequest {
  readonly batchSize: number;
  readonly durationMs: number;
}

const ms = z.number().nonnegative();

export const loadRuntimeReportSchema = z.strictObject({ version: z.string(), ms, warm: z.boolean() });
export const loadModelReportSchema = z.strictObject({
  fetchMs: ms,
  sessionMs: ms,
  provider: z.string(),
  /** Whether `measure` can be asked for a series with `readBack: false`. */
  withoutReadBack: z.boolean().optional(),
});
export const runReportSchema = z.strictObject({
  n: z.int().nonnegative(),
  firstInferenceMs: ms,
  inferenceMs: z.array(ms),
  inputMs: ms,
  outputs: z.array(z.strictObject({ name: z.string(), dtype: dtypeSchema, shape: z.array(z.int().nonnegative()) })),
  evidence: evidenceSchema,
  memory: memorySchema,
});
export const feedReportSchema = z.strictObject({ samples: z.int().positive(), inputMs: ms });
export const uploadReportSchema = z.strictObject({ bytes: z.int().nonnegative(), ms });
export const disposeReportSchema = z.strictObject({
  ms,
  /** What was left behind: tensors or sessions, in words; empty when nothing was. */
  leaks: z.array(z.string()),
  /** Of the whole life of the model that was disposed of; absent where there was none. */
  evidence: evidenceSchema.optional(),
});

/** Page methods with the schema of what each returns. */
export const PAGE_RESULTS = {
  environment: environmentSchema,
  probe: probeSchema,
  loadRuntime: loadRuntimeReportSchema,
  loadModel: loadModelReportSchema,
  run: runReportSchema,
  upload: uploadReportSchema,
  dispose: disposeReportSchema,
  feed: feedReportSchema,
  measure: seriesSchema,
  calibrate: calibrationSchema,
  memory: pageMemorySchema,
  responsiveness: responsivenessSchema,
  soak: soakReportSchema,
} as const;

export interface PageArguments {
  environment: null;
  probe: Target;
  loadRuntime: Target;
  loadModel: LoadModelRequest;
  run: RunRequest;
  upload: UploadRequest;
  dispose: null;
  /** Fetches the first samples and holds them as one batch, which the four methods below infer. */
  feed: FeedRequest;
  measure: MeasureRequest;
  calibrate: CalibrateRequest;
  memory: MemoryRequest;
  responsiveness: ResponsivenessRequest;
  soak: SoakRequest;
}

export type PageMethod = keyof PageArguments;
export type PageResult<M extends PageMethod> = z.infer<(typeof PAGE_RESULTS)[M]>;
/** The page's side: one function a method. */
export type PageApi = { readonly [M in PageMethod]: (argument: PageArguments[M]) => Promise<PageResult<M>> };
