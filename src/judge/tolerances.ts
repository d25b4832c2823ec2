/**
 * How far a cell's outputs may be from the PC's: one row a precision and class of backends. What the two parts mean is at
 * the top of compare.ts; both are dimensionless, so the table holds for any model.
 *
 * A cell is compared with the same artifact on the PC, so what quantization itself loses is not in these numbers: they
 * hold rounding alone. A unit in the last place is 6e-8 relative for float32 and 4.9e-4 for float16.
 */
import type { Backend, Precision, Target } from '../protocol/cell.js';
import type { Tolerance } from './compare.js';

export interface ToleranceRow extends Tolerance {
  readonly precision: Precision;
  readonly backends: readonly Backend[];
  /** Why these numbers. */
  readonly reason: string;
}

/** Computed by the CPU in IEEE float32 or better. */
const CPU = ['wasm', 'cpu', 'native'] as const satisfies readonly Backend[];
/** Computed by a GPU or an accelerator, or by a rasterizer that stands for one. */
const GPU = ['webgl', 'webgpu', 'webgpu-jsep', 'webnn'] as const satisfies readonly Backend[];

export const TOLERANCES: readonly ToleranceRow[] = [
  {
    name: 'fp32 on a CPU',
    precision: 'fp32',
    backends: CPU,
    relative: 1e-5,
    absolute: 1e-5,
    reason:
      'The same float32 sums in another order: about sqrt(terms) units in the last place, 1e-6 for some hundred terms. ' +
      'ort-wasm was seen 4e-6 from onnxruntime-node on logits of LeNet-5 of about 10. Ten times that is left for deeper ' +
      'models; an error of 1e-3 is a hundred times beyond.',
  },
  {
    name: 'fp32 on a GPU',
    precision: 'fp32',
    backends: GPU,
    relative: 1e-4,
    absolute: 1e-4,
    reason:
      'GPUs may contract to fused multiply-adds, flush subnormals and compute exp and division to a few units in the last ' +
      'place (WGSL, "Floating point accuracy"; GLSL ES 3.00 §4.5.1), and sum in trees. Still float32 throughout: ' +
      'an error of 1e-3 is ten times beyond, so a backend that silently computes in half precision is caught.',
  },
  {
    name: 'fp16 on a CPU',
    precision: 'fp16',
    backends: CPU,
    relative: 4e-3,
    absolute: 4e-3,
    reason:
      'CPU kernels compute float16 operators in float32 and round each result to float16, the PC likewise: some results ' +
      'round the other way, and a few layers carry that on. Eight units in the last place of float16.',
  },
  {
    name: 'fp16 on a GPU',
    precision: 'fp16',
    backends: GPU,
    relative: 1e-2,
    absolute: 1e-2,
    reason:
      'With shader-f16 the sums themselves are float16: each of some hundred terms rounds by 4.9e-4 of the partial sum, ' +
      'which comes to sqrt(terms) / 2 units in the last place, twice that for what follows.',
  },
  {
    name: 'int8 on a CPU',
    precision: 'int8',
    backends: CPU,
    relative: 1e-2,
    absolute: 2e-2,
    reason:
      'Integer products are exact, but a value at the border of two steps requantizes one step (1/127 of the largest ' +
      'activation) off when the float scale before it differs in its last place.',
  },
  {
    name: 'int8 on a GPU',
    precision: 'int8',
    backends: GPU,
    relative: 2e-2,
    absolute: 5e-2,
    reason:
      'As on a CPU, and providers that lack the integer kernels dequantize and compute in float, which moves more values ' +
      'over the border of a step.',
  },
];

/** The row of the table for what a cell runs. Every combination has exactly one. */
export function toleranceFor(precision: Precision, target: Pick<Target, 'backend'>): ToleranceRow {
  const row = TOLERANCES.find((row) => row.precision === precision && row.backends.includes(target.backend));
  // A test walks all combinations; this can only be a new backend that nobody classed.
  if (row === undefined) throw new Error(`the tolerance table has no row for ${precision} on ${target.backend}`);
  return row;
}
