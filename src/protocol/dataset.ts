/** What the page is told of a dataset: where its bytes are and how a sample lies in them. */
import { z } from 'zod';
import { sha256Schema } from './card.js';

export const datasetSchema = z.strictObject({
  name: z.string(),
  split: z.string(),
  /** Number of samples. */
  n: z.int().positive(),
  /** One sample: uint8 images lie as height × width × channels, int32 tokens as a row of ids. */
  sample: z.strictObject({ dtype: z.enum(['uint8', 'int32']), shape: z.array(z.int().positive()).min(1) }),
  /** Raw samples, one after the other, no header. */
  samples: z.strictObject({ file: z.string(), bytes: z.int().positive(), sha256: sha256Schema }),
  /** `true`: seeded noise, where the dataset could not be had or the model has none. */
  generated: z.boolean().optional(),
  /** One uint8 class index a sample; absent where nothing is labelled. */
  labels: z.strictObject({ file: z.string(), bytes: z.int().positive(), sha256: sha256Schema }).optional(),
});
export type DatasetDescriptor = z.infer<typeof datasetSchema>;
