/** What the page is told of a dataset: where its bytes are and how a sample lies in them. */
import { z } from 'zod';
import { dtypeSchema, sha256Schema } from './card.js';

const fileShape = { file: z.string(), bytes: z.int().nonnegative(), sha256: sha256Schema };

/**
 * What feeds one input of a model: raw values, little-endian, one sample after the other, no header. A field that holds
 * one sample alone, of many, is the same for all of them.
 */
export const fieldSchema = z.strictObject({
  /** The input that it is for; absent where the dataset is not made for one model. */
  name: z.string().optional(),
  dtype: dtypeSchema,
  /** Of one sample, without a batch axis: images lie as height × width × channels, tokens as a row of ids. */
  shape: z.array(z.int().positive()),
  ...fileShape,
});
export type DatasetField = z.infer<typeof fieldSchema>;

export const datasetSchema = z.strictObject({
  name: z.string(),
  split: z.string(),
  /** Number of samples. */
  n: z.int().positive(),
  /** One an input of the model, in the order of the inputs. */
  fields: z.array(fieldSchema).min(1),
  /** `true`: seeded noise, where the dataset could not be had or the model has none. */
  generated: z.boolean().optional(),
  /** One uint8 class index a sample; absent where nothing is labelled. */
  labels: z.strictObject(fileShape).optional(),
});
export type DatasetDescriptor = z.infer<typeof datasetSchema>;
