/**
 * What time and memory measurements are made of: what the page answers, what a visit of a cell saw, and the block that
 * the judge puts into the record. Milliseconds and bytes throughout.
 */
import { z } from 'zod';
import { courseShape, evidenceSchema } from './observation.js';

const ms = z.number().nonnegative();
const bytes = z.int().nonnegative();

/** How one series of timings is to be taken. */
export interface MeasureRequest {
  /** Samples an inference. */
  readonly batchSize: number;
  /** Stop after so many timings. */
  readonly timings: number;
  /** Stop after this many milliseconds of timing, but not before three timings. */
  readonly budgetMs: number;
  /** A timing spans so many steps of the clock at least, over as many inferences as that takes. */
  readonly minClockSteps: number;
  /** `false`: outputs stay where they were computed, and only the queue is awaited; for backends that offer it. */
  readonly readBack: boolean;
}

/** One series of timings, raw. */
export const seriesSchema = z.strictObject({
  batchSize: z.int().positive(),
  readBack: z.boolean(),
  /** Smallest step of `performance.now()` seen in this page. */
  clockStepMs: z.number().positive(),
  /** Inferences that one timing spans. */
  iterations: z.int().positive(),
  /** Each inference of the warm-up, the first one included. */
  warmUpMs: z.array(ms),
  /** Whether the warm-up ended because it was steady; `false`: because its budget was spent. */
  steady: z.boolean(),
  /** Milliseconds an inference: one timing divided by `iterations`. In the order taken, none left out. */
  samplesMs: z.array(z.number().positive()),
});
export type Series = z.infer<typeof seriesSchema>;

/** Timings of a fixed piece of work that no runtime has a part in: what the machine is like just now. */
export const calibrationSchema = z.strictObject({ samplesMs: z.array(z.number().positive()) });
export type Calibration = z.infer<typeof calibrationSchema>;

/** What the page knows of its memory. Absent: the browser does not tell. */
export const pageMemorySchema = z.strictObject({
  jsHeapBytes: bytes.optional(),
  /** wasm memories grow and never shrink: this is their high-water mark. */
  wasmHeapBytes: bytes.optional(),
  /** `performance.measureUserAgentSpecificMemory()`, where it answered in time. */
  userAgentBytes: bytes.optional(),
  tensors: z.int().nonnegative().optional(),
  tensorBytes: bytes.optional(),
});
export type PageMemory = z.infer<typeof pageMemorySchema>;

/** Moments at which memory is read, in this order. */
export const MEMORY_POINTS = ['empty', 'loaded', 'peak', 'disposed'] as const;
export type MemoryPoint = (typeof MEMORY_POINTS)[number];

export const memoryReadingSchema = z.strictObject({
  point: z.enum(MEMORY_POINTS),
  page: pageMemorySchema,
  /** Memory of the browser's process tree, and the yardstick that it was read by. */
  processBytes: bytes.optional(),
  yardstick: z.enum(['pss', 'rss']).optional(),
});
export type MemoryReading = z.infer<typeof memoryReadingSchema>;

/** How a page felt to its user while the model ran. */
export const responsivenessSchema = z.strictObject({
  /** How long was looked on. */
  durationMs: ms,
  inferences: z.int().nonnegative(),
  /** Longest time between two turns of the main thread's event loop. */
  longestTaskMs: ms,
  framesExpected: z.int().nonnegative(),
  framesDropped: z.int().nonnegative(),
});
export type Responsiveness = z.infer<typeof responsivenessSchema>;

export const HTTP_CACHES = ['empty', 'full'] as const;
export type HttpCache = (typeof HTTP_CACHES)[number];

/** The phases of a start, kept apart. */
export const phasesSchema = z.strictObject({
  /** Script, wasm compile, device. */
  runtimeLoadMs: ms,
  modelFetchMs: ms,
  /** Creating the session, with what it compiles. */
  sessionMs: ms,
  firstInferenceMs: ms,
  disposeMs: ms.optional(),
});
export type Phases = z.infer<typeof phasesSchema>;

/** A cell is visited several times in a run, others in between: each visit is a fresh page. */
export const visitSchema = z.strictObject({
  /** Position in the order of the whole run. */
  turn: z.int().nonnegative(),
  /** ISO 8601. */
  at: z.string(),
  httpCache: z.enum(HTTP_CACHES),
  /** On a page where the runtime was started already, `runtimeLoadMs` is 0 and the visit says nothing of a cold start. */
  warmRuntime: z.boolean(),
  /** Bytes of page, runtime and model that the server was asked for: 0 where all came from the browser's cache. */
  networkBytes: bytes.optional(),
  phases: phasesSchema,
  /** Batch 1 (or what the artifact is fixed at), outputs read back. */
  latency: seriesSchema.optional(),
  latencyWithoutReadBack: seriesSchema.optional(),
  /** Larger batches, each a series, as far as they were tried. */
  throughput: z.array(seriesSchema).optional(),
  calibration: z.strictObject({ before: calibrationSchema, after: calibrationSchema }),
  memory: z.array(memoryReadingSchema).optional(),
  responsiveness: responsivenessSchema.optional(),
});
export type Visit = z.infer<typeof visitSchema>;

/** What one cell did over all its visits, raw. */
export const performanceObservationSchema = z.strictObject({
  ...courseShape,
  kind: z.literal('performance'),
  evidence: evidenceSchema.optional(),
  /** Bytes of the artifact's files. */
  modelBytes: bytes,
  visits: z.array(visitSchema),
});
export type PerformanceObservation = z.infer<typeof performanceObservationSchema>;

/** A value with the ends of its 95 % interval. */
export const intervalSchema = z.strictObject({ value: z.number(), low: z.number(), high: z.number() });
export type Interval = z.infer<typeof intervalSchema>;

/** A series made numbers. */
export const distributionSchema = z.strictObject({
  /** Timings, outliers included. */
  n: z.int().positive(),
  /** Median with its bootstrap interval, milliseconds an inference. */
  median: intervalSchema,
  /** Only from 64 timings on. */
  p90: z.number().optional(),
  /** Only from 662 timings on. */
  p99: z.number().optional(),
  /** Timings beyond 1.5 interquartile ranges (Tukey's fences); counted, and kept. */
  outliers: z.int().nonnegative(),
  /** Inferences a timing. */
  iterations: z.int().positive(),
  clockStepMs: z.number().positive(),
  /** Whether every warm-up became steady. */
  steady: z.boolean(),
  samplesMs: z.array(z.number().positive()),
  /**
   * Each visit that gave timings, in the order of {@link samplesMs}: how many of them are its own, and the lower
   * quartile of the calibration kernel around it. Two runs can only be compared by visits: they differ by more than timings do.
   */
  visits: z.array(z.strictObject({ n: z.int().positive(), calibrationMs: z.number().positive() })).optional(),
});
export type Distribution = z.infer<typeof distributionSchema>;

export const throughputSchema = z.strictObject({
  batchSize: z.int().positive(),
  samplesPerSecond: intervalSchema,
});

/** The block `performance` of a result record. */
export const performanceBlockSchema = z.strictObject({
  modelBytes: bytes,
  /** Navigation to first outputs on a fresh page, phases kept apart; the median over visits of a kind. */
  cold: z.strictObject({ empty: phasesSchema.optional(), full: phasesSchema.optional() }),
  latency: distributionSchema.optional(),
  latencyWithoutReadBack: distributionSchema.optional(),
  /** The batch with the most samples a second. */
  throughput: throughputSchema.optional(),
  /** The same artifact, or the ONNX form of its weights, on the PC: latency here divided by latency there. */
  native: z
    .array(
      z.strictObject({
        id: z.string(),
        threads: z.int().positive(),
        medianMs: z.number().positive(),
        ratio: intervalSchema,
      }),
    )
    .optional(),
  memory: z
    .strictObject({
      readings: z.array(memoryReadingSchema),
      /** Peak less the empty page, by the process tree's yardstick. */
      addedBytes: z.int().optional(),
      /** The same as a multiple of the model's size. */
      timesModel: z.number().optional(),
    })
    .optional(),
  responsiveness: responsivenessSchema.optional(),
  /** How far the calibration kernel moved around this cell, as a ratio of its medians to those of the run: 1 is not at all. */
  noise: z.strictObject({ shift: z.number().positive(), noisy: z.boolean() }),
});
export type PerformanceBlock = z.infer<typeof performanceBlockSchema>;

/** The same input, inferred again and again. */
export interface SoakRequest {
  readonly batchSize: number;
  readonly inferences: number;
  /** Read memory every so many inferences. */
  readonly readEvery: number;
  /** Inferences (from 1) whose outputs are compared to the bit with those of the first. */
  readonly compareAt: readonly number[];
  /** Inferences of the same soak that earlier calls have done: a soak may be had in parts. Default 0. */
  readonly startAt?: number | undefined;
}

/** A curve of memory: after `at` inferences, or after `at` rounds of loading and disposing. */
export const memoryCurveSchema = z.array(
  z.strictObject({ at: z.int().nonnegative(), page: pageMemorySchema, processBytes: bytes.optional() }),
);
export type MemoryCurve = z.infer<typeof memoryCurveSchema>;

export const soakReportSchema = z.strictObject({
  /** SHA-256 over the bytes of all outputs of each inference of `compareAt`, in its order. */
  digests: z.array(z.strictObject({ at: z.int().positive(), sha256: z.string() })),
  inferences: z.int().nonnegative(),
  curve: memoryCurveSchema,
});
export type SoakReport = z.infer<typeof soakReportSchema>;

/** Growth of one memory figure. */
export const slopeSchema = z.strictObject({
  /** `processBytes`, or a key of {@link pageMemorySchema}. */
  what: z.string(),
  /** Bytes (or tensors) an inference or a round. */
  slope: intervalSchema,
  points: z.int().nonnegative(),
  /** Above zero beyond the noise, and by more than the least that is called a leak. */
  leaks: z.boolean(),
});
export type Slope = z.infer<typeof slopeSchema>;

/** The block `soak` of a result record. */
export const soakBlockSchema = z.strictObject({
  inferences: z.int().nonnegative(),
  rounds: z.int().nonnegative(),
  /** Inferences whose outputs were not those of the first, to the bit. */
  differing: z.array(z.int().positive()),
  overInferences: z.array(slopeSchema),
  overRounds: z.array(slopeSchema),
});
export type SoakBlock = z.infer<typeof soakBlockSchema>;

export const soakObservationSchema = z.strictObject({
  ...courseShape,
  kind: z.literal('soak'),
  soak: soakReportSchema.optional(),
  /** Memory after each round of load, one inference and dispose. */
  rounds: memoryCurveSchema,
});
export type SoakObservation = z.infer<typeof soakObservationSchema>;
