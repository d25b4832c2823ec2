/** The result record: one line of `reports/results.jsonl`, and what reporters are handed. Changes only by addition. */
import { z } from 'zod';
import { BACKENDS, FORMATS, PLATFORMS, PRECISIONS, RUNTIMES } from './cell.js';
import { RECORD_KINDS } from './kinds.js';
import {
  datasetReferenceSchema,
  errorRecordSchema,
  evidenceSchema,
  memorySchema,
  probeSchema,
  timingSchema,
} from './observation.js';
import { performanceBlockSchema, soakBlockSchema } from './performance.js';

export const STATUSES = ['pass', 'fail', 'error', 'unsupported', 'skipped'] as const;
export type Status = (typeof STATUSES)[number];

export const accuracySchema = z.strictObject({
  /** Samples judged: the prefix of the dataset that the cell ran. */
  n: z.int().nonnegative(),
  top1: z.number(),
  /** The same artifact (or its fp32 original) on the PC, over the same n. */
  baselineTop1: z.number(),
  /** The fp32 original on the PC, over the same n. */
  fp32Top1: z.number(),
  /** Share of samples with the baseline's top-1 class. */
  agreement: z.number(),
  /** McNemar's exact two-sided p for the difference in accuracy to the baseline. */
  pValue: z.number(),
});
export type Accuracy = z.infer<typeof accuracySchema>;

/** A float as JSON can carry it: numbers, or the name of what is not one. */
export const jsonFloatSchema = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);
export type JsonFloat = z.infer<typeof jsonFloatSchema>;

/** Top-1 classes of a cell beside the PC's running the same artifact, for classifiers, with labels or without. */
export const agreementSchema = z.strictObject({
  n: z.int().nonnegative(),
  /** Share of samples with the PC's top-1 class. */
  share: z.number(),
  /** Samples with another class. */
  flips: z.int().nonnegative(),
  /** Those of them where the PC's own scores of the two classes are further apart than the tolerance, so no tie. */
  beyondTies: z.int().nonnegative(),
});
export type Agreement = z.infer<typeof agreementSchema>;

/** How one set of outputs stands to another, `got` to `want`: the same numbers for quantization loss and platform drift. */
export const paritySchema = z.strictObject({
  n: z.int().nonnegative(),
  /** Accuracy of `got` less that of `want`, as a share; absent without labels. */
  difference: z.number().optional(),
  /** McNemar's exact two-sided p for that difference; absent without labels. */
  pValue: z.number().optional(),
  /** Share of samples with the same top-1 class; absent where there are no classes. */
  agreement: z.number().optional(),
  /** RMS of `got - want`, in units of how `want` varies from sample to sample: 1 is what outputs that ignore the input have. */
  distance: jsonFloatSchema,
});
export type Parity = z.infer<typeof paritySchema>;

export const quantizationResultSchema = z.strictObject({
  /** The artifact on the PC beside the fp32 original on the PC: what quantization itself costs, wherever it runs. */
  loss: paritySchema,
  /** The cell beside the same artifact on the PC: what the browser adds. */
  drift: paritySchema,
  /** What differs by more than its limit. */
  moved: z.enum(['none', 'quantization', 'platform', 'both']),
  /** Where PC and cell differ by more than the tolerance: the one further from the fp32 original, if one clearly is. */
  side: z.enum(['pc', 'browser']).optional(),
  /** The same in a sentence or two. */
  words: z.string(),
});
export type QuantizationResult = z.infer<typeof quantizationResultSchema>;

/** Whether the tolerance of a cell would have seen seeded mutants of the cell's own outputs. Only of cells that pass. */
export const teethSchema = z.strictObject({
  killed: z.int().nonnegative(),
  total: z.int().nonnegative(),
  /** The mutants that there were; some faults a single sample or class cannot have. */
  tried: z.array(z.string()),
  survivors: z.array(
    z.strictObject({
      mutant: z.string(),
      /** Why it is below the noise, with numbers. */
      reason: z.string(),
    }),
  ),
});
export type Teeth = z.infer<typeof teethSchema>;

export const numericSchema = z.strictObject({
  maxAbs: jsonFloatSchema,
  /** Largest |got - want| / max(|want|, scale of the tensor). */
  maxRel: jsonFloatSchema,
  /** The element furthest beyond (or nearest to) its tolerance; absent on an empty tensor. */
  worst: z
    .strictObject({
      sample: z.int().nonnegative(),
      index: z.int().nonnegative(),
      got: jsonFloatSchema,
      want: jsonFloatSchema,
    })
    .optional(),
  nonFinite: z.int().nonnegative(),
  /** The tolerance that was applied, and by how much of it the worst element used it up (1: just at it). */
  tolerance: z.strictObject({
    relative: z.number(),
    absolute: z.number(),
    name: z.string(),
    /** Where arithmetic goes in steps: the share of elements that may lie beyond, and how many times the tolerance at most. */
    outliers: z.strictObject({ share: z.number(), factor: z.number() }).optional(),
    /** How far the outputs as a whole may be scaled against the PC's. */
    gain: z.number().optional(),
  }),
  toleranceUsed: jsonFloatSchema,
  /** Share of elements beyond the tolerance. */
  beyond: z.number().optional(),
  /** By what factor the outputs as a whole are scaled against the PC's (least squares): 1 where they are not. */
  gain: jsonFloatSchema.optional(),
});
export type Numeric = z.infer<typeof numericSchema>;

export { RECORD_KINDS };

export const resultRecordSchema = z.strictObject({
  schema: z.literal(1),
  kind: z.enum(RECORD_KINDS),
  id: z.string(),
  cell: z.strictObject({
    model: z.string(),
    format: z.enum(FORMATS),
    precision: z.enum(PRECISIONS),
    variant: z.string().optional(),
    runtime: z.enum(RUNTIMES),
    runtimeVersion: z.string(),
    backend: z.enum(BACKENDS),
    threads: z.int().positive(),
    /** `true`: the runtime ran in a worker of the page's. */
    worker: z.boolean().optional(),
    browser: z.enum(PLATFORMS),
    browserVersion: z.string(),
    driver: z.string(),
    driverVersion: z.string(),
    os: z.string(),
    cpu: z.string(),
    gpu: z.string(),
  }),
  status: z.enum(STATUSES),
  /** Absent on a pass. */
  reason: errorRecordSchema.optional(),
  /** The declared known non-pass of this cell, and whether what happened is what was declared. */
  expectation: z
    .strictObject({
      status: z.enum(STATUSES),
      code: z.string(),
      reason: z.string(),
      link: z.string(),
      met: z.boolean(),
    })
    .optional(),
  dataset: datasetReferenceSchema.optional(),
  accuracy: accuracySchema.optional(),
  agreement: agreementSchema.optional(),
  numeric: numericSchema.optional(),
  /** Of artifacts of less than fp32. */
  quantization: quantizationResultSchema.optional(),
  teeth: teethSchema.optional(),
  timing: timingSchema.partial().optional(),
  memory: memorySchema.optional(),
  evidence: evidenceSchema.optional(),
  probe: probeSchema.optional(),
  /** Of kind `performance`. */
  performance: performanceBlockSchema.optional(),
  /** Of kind `soak`. */
  soak: soakBlockSchema.optional(),
  /** Folder of the finding below reports/, on fail and error. */
  finding: z.string().optional(),
});
export type ResultRecord = z.infer<typeof resultRecordSchema>;

/** The finding of a failed cell, ready to file. */
export interface Finding {
  readonly schema: 1;
  readonly id: string;
  /** Of the record; absent: `accuracy` or `baseline`, which share a folder. */
  readonly kind?: ResultRecord['kind'];
  /** `report.md`. */
  readonly markdown: string;
  /** `finding.json`: the record and what surrounds it. A later step adds localization, reduction and blame. */
  readonly json: Record<string, unknown>;
  /** Pictures that the markdown links to, base64 by file name: PNG, or SVG by its ending. */
  readonly pictures: Readonly<Record<string, string>>;
}

/** Content types of the attachments by which everything reaches the reporters. */
export const ATTACHMENT = {
  record: 'application/vnd.plumbline.record+json',
  observation: 'application/vnd.plumbline.observation+json',
  performance: 'application/vnd.plumbline.performance+json',
  soak: 'application/vnd.plumbline.soak+json',
  outputs: 'application/vnd.plumbline.outputs+octet-stream',
  finding: 'application/vnd.plumbline.finding+json',
} as const;
