/**
 * The model card, `fixtures/models/<model>/model.json`: what a model takes and gives, and the files it comes in.
 *
 * This is the source of the published JSON Schema, `fixtures/models/model.schema.json` (`npm run schema` writes it).
 */
import { z } from 'zod';
import { FORMATS, PRECISIONS } from './cell.js';

export const DTYPES = ['float32', 'float16', 'int32', 'int64', 'uint8', 'int8', 'bool'] as const;
export const dtypeSchema = z.enum(DTYPES);
export type Dtype = z.infer<typeof dtypeSchema>;

/** A dimension: a fixed size, or `"N"` for the batch. */
const dimensionSchema = z.union([z.int().positive(), z.literal('N')]);

/**
 * How a sample as it travels (`wire`) becomes the model's input:
 * `x = (wire * scale - mean[channel]) / std[channel]`, in double precision, rounded once to float32.
 */
export const normalizationSchema = z.strictObject({
  scale: z.number().positive().describe('Factor from the wire to [0, 1]: 1/255 for uint8 images'),
  mean: z.array(z.number()).min(1).describe('Per channel, after scaling'),
  std: z.array(z.number().positive()).min(1).describe('Per channel, after scaling'),
});
export type Normalization = z.infer<typeof normalizationSchema>;

export const inputSpecSchema = z.strictObject({
  name: z.string().min(1).describe('The name that the artifact itself gives to the input'),
  dtype: dtypeSchema,
  shape: z
    .array(dimensionSchema)
    .describe('"N" stands for the batch; where no input has it, a sample is one whole set of inputs'),
  layout: z.enum(['NCHW', 'NHWC', 'NT', 'any']).describe('Order of the axes; NT is batch × tokens'),
  wire: dtypeSchema.describe('The type in which samples travel: uint8 pixels, int32 tokens, or the input’s own'),
  normalization: normalizationSchema.optional().describe('Absent: samples are passed on as they are'),
  range: z
    .tuple([z.number(), z.number()])
    .optional()
    .describe('Least and greatest value that makes sense, both inclusive: for generated inputs'),
});
export type InputSpec = z.infer<typeof inputSpecSchema>;

export const outputSpecSchema = z.strictObject({
  name: z.string().min(1),
  dtype: dtypeSchema,
  shape: z.array(dimensionSchema).describe('"N" stands for the batch, as in the inputs'),
});
export type OutputSpec = z.infer<typeof outputSpecSchema>;

export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/, '64 lower-case hexadecimal digits');

export const artifactFileSchema = z.strictObject({
  path: z
    .string()
    .regex(/^(?!\/)(?!.*\.\.)[\w./-]+$/, 'a path below the folder of the card')
    .describe('Relative to the card'),
  bytes: z.int().positive(),
  sha256: sha256Schema,
  derived: z
    .string()
    .optional()
    .describe('The recipe, relative to the card, by which `npm run zoo` makes the file, where it is not committed'),
});
export type ArtifactFile = z.infer<typeof artifactFileSchema>;

/** Top-1 accuracy as a share, over the first `n` samples of a split. */
export const measuredAccuracySchema = z.strictObject({
  dataset: z.string(),
  split: z.string(),
  n: z.int().positive(),
  top1: z.number().min(0).max(1),
});
export type MeasuredAccuracy = z.infer<typeof measuredAccuracySchema>;

/**
 * What a PC runtime that the suite itself does not have computed for an artifact, recorded when it was migrated: over the
 * first `n` samples of a dataset. The samples' digest says whether a dataset is the one that was used.
 */
export const recordedOutputsSchema = z.strictObject({
  dataset: z.string(),
  split: z.string(),
  n: z.int().positive(),
  samplesSha256: sha256Schema.describe('Of the first n samples as they travel'),
  files: z.array(artifactFileSchema).min(1).describe('One an output: raw values, little-endian, C order, batch first'),
  tool: z.string().describe('What computed them, such as "TensorFlow Lite interpreter"'),
  version: z.string(),
});
export type RecordedOutputs = z.infer<typeof recordedOutputsSchema>;

/** How an artifact of less than fp32 was quantized. */
export const quantizationSchema = z.strictObject({
  kind: z
    .enum(['weights', 'dynamic', 'static'])
    .describe(
      'weights: stored small, computed in float; dynamic: activations quantized as they come; static: by calibration',
    ),
  weights: z.enum(['float16', 'int8', 'uint8', 'int16']),
  activations: z.enum(['float32', 'float16', 'int8', 'uint8']),
  calibration: z.strictObject({ dataset: z.string(), split: z.string(), n: z.int().positive() }).optional(),
});
export type Quantization = z.infer<typeof quantizationSchema>;

export const artifactSchema = z.strictObject({
  format: z.enum(FORMATS),
  precision: z.enum(PRECISIONS),
  variant: z
    .string()
    .regex(/^[a-z0-9.]+$/, 'lower-case letters, digits and dots')
    .optional()
    .describe('Tells apart two artifacts of one format and precision'),
  files: z.array(artifactFileSchema).min(1).describe('The first is the one to load; the others lie beside it'),
  fixedBatch: z.int().positive().optional().describe('The only batch size that the artifact takes'),
  quantization: quantizationSchema.optional().describe('Absent on fp32'),
  accuracy: measuredAccuracySchema.optional().describe('Of this artifact on the PC where it was migrated'),
  recorded: z.array(recordedOutputsSchema).optional().describe('Its outputs on the PC, one entry a dataset'),
  targets: z
    .array(z.string())
    .min(1)
    .optional()
    .describe('Only these runtime-backends run it, such as "ort-webgl"; absent: all'),
  inputs: z.array(inputSpecSchema).min(1).optional().describe('Where they differ from the card’s'),
  outputs: z.array(outputSpecSchema).min(1).optional().describe('Where they differ from the card’s'),
  provenance: z.strictObject({
    tool: z.string(),
    version: z.string(),
    command: z.string(),
    note: z.string().optional(),
  }),
});
export type Artifact = z.infer<typeof artifactSchema>;

/** Inputs that a model brings along: its dataset, where it was not made for one of the suite's. */
export const samplesSchema = z.strictObject({
  n: z.int().positive(),
  generated: z.boolean().describe('Seeded noise; else what somebody supplied'),
  seed: z.int().optional(),
  fields: z
    .array(
      z.strictObject({
        name: z.string().min(1).describe('The input'),
        dtype: dtypeSchema,
        shape: z.array(z.int().positive()).describe('Of one sample, without the batch axis'),
        file: artifactFileSchema.describe('Raw values, little-endian, C order, one sample after the other'),
      }),
    )
    .min(1)
    .describe('One an input, in their order'),
});
export type CardSamples = z.infer<typeof samplesSchema>;

/** Where a model itself makes more of rounding than others: which of its elements may be further off in float32. */
export const roundingSchema = z.strictObject({
  share: z.number().positive().max(0.01).describe('At most this share of the elements may lie beyond the tolerance'),
  factor: z.number().gt(1).max(20).describe('and none of them beyond so many times the tolerance'),
  reason: z.string().min(1).describe('How that was measured: against the same model in float64'),
});
export type Rounding = z.infer<typeof roundingSchema>;

export const cardSchema = z.strictObject({
  $schema: z.string().optional(),
  schema: z.literal(1),
  name: z
    .string()
    .regex(/^[a-z0-9][a-z0-9._-]*$/, 'lower-case letters, digits, dots and dashes; the name of the folder'),
  title: z.string().min(1),
  task: z.enum(['classification', 'none']).describe('`none`: no labels, judged on agreement and closeness alone'),
  dataset: z.string().min(1).describe('Its name; the card’s own name where the card has `samples`'),
  samples: samplesSchema.optional(),
  inputs: z.array(inputSpecSchema).min(1),
  outputs: z.array(outputSpecSchema).min(1).describe('For classification the first one holds the logits'),
  labels: z.array(z.string()).describe('The class names, in the order of the logits'),
  rounding: roundingSchema.optional().describe('Absent: no element of a float32 output is beyond the tolerance'),
  batch: z.int().positive().optional().describe('Samples an inference, where an artifact does not fix it; absent: 100'),
  accuracy: measuredAccuracySchema.optional().describe('As measured where the model was trained'),
  wrongWeight: z
    .strictObject({
      what: z.string().describe('Which weight was changed, and how'),
      recorded: recordedOutputsSchema,
    })
    .optional()
    .describe('What the fp32 original gives with one weight changed: the judge must see the difference'),
  artifacts: z.array(artifactSchema).min(1),
  provenance: z.strictObject({
    framework: z.string(),
    version: z.string(),
    command: z.string(),
    seed: z.int(),
    source: z.string().describe('The paper or place that the architecture comes from'),
    failed: z
      .array(
        z.strictObject({
          artifact: z.string().describe('Which one it would have been, such as "tflite-int8"'),
          tool: z.string(),
          version: z.string(),
          command: z.string(),
          error: z.string().describe('What the tool said'),
        }),
      )
      .optional()
      .describe('Migrations that a tool could not do: a compatibility result of its own'),
  }),
});
/** A model card. Shapes are in elements, file sizes in bytes, accuracies in [0, 1]. */
export type ModelCard = z.infer<typeof cardSchema>;
