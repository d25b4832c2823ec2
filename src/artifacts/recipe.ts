/**
 * How a file that is not committed is made from one that is. The tool that wrote it took most of its bytes from weights
 * that another artifact of the model holds, transposed or in half precision: a recipe names those places, a skeleton
 * keeps all other bytes. `zoo/derive.py` writes both, and checks that they give the tool's own file back.
 */
import { z } from 'zod';

const tensorPieceSchema = z.strictObject({
  kind: z.literal('tensor'),
  at: z.int().nonnegative().describe('Where the float32 values begin in the source file, in bytes'),
  shape: z.array(z.int().positive()).min(1).describe('As in the source'),
  permutation: z.array(z.int().nonnegative()).describe('Axis i of the piece is axis permutation[i] of the source'),
  dtype: z.enum(['float32', 'float16']).describe('float16: rounded to nearest, ties to even'),
});
export type TensorPiece = z.infer<typeof tensorPieceSchema>;

const literalPieceSchema = z.strictObject({
  kind: z.literal('literal'),
  bytes: z.int().positive().describe('So many, from where the last literal piece ended in the skeleton'),
});

export const recipeSchema = z.strictObject({
  schema: z.literal(1),
  source: z.string().describe('The file that holds the weights, relative to the card'),
  skeleton: z.string().describe('The file of all other bytes, relative to the card'),
  pieces: z.array(z.discriminatedUnion('kind', [literalPieceSchema, tensorPieceSchema])).min(1),
  patches: z
    .array(z.strictObject({ at: z.int().nonnegative(), hex: z.string().regex(/^([0-9a-f]{2})+$/) }))
    .describe('Bytes of the result that differ all the same, such as a tiny weight that the tool clamped'),
});
export type Recipe = z.infer<typeof recipeSchema>;
