/**
 * How far a cell's outputs may be from the PC's running the same artifact (platform drift), and how far those may be from
 * the PC's running the fp32 original (quantization loss): two tables, judged apart.
 *
 * Drift has one row an arithmetic and class of backends. What the parts mean is at the top of compare.ts; all are
 * dimensionless, so the table holds for any model. What quantization itself loses is not in these numbers: they hold
 * rounding alone. A unit in the last place is 6e-8 relative for float32 and 4.9e-4 for float16.
 */
import type { Quantization, Rounding } from '../protocol/card.js';
import type { Backend, Precision, Target } from '../protocol/cell.js';
import type { Tolerance } from './compare.js';

/** What the numbers of an artifact are computed in. */
export const ARITHMETICS = ['float32', 'float16', 'dynamic int8', 'static int8'] as const;
export type Arithmetic = (typeof ARITHMETICS)[number];

export interface ToleranceRow extends Tolerance {
  readonly arithmetic: Arithmetic;
  readonly backends: readonly Backend[];
  /** Why these numbers, and what they still catch. */
  readonly reason: string;
}

/** Computed by the CPU in IEEE float32 or better. */
const CPU = ['wasm', 'cpu', 'native'] as const satisfies readonly Backend[];
/** Computed by a GPU or an accelerator, or by a rasterizer that stands for one. */
const GPU = ['webgl', 'webgpu', 'webgpu-jsep', 'webnn'] as const satisfies readonly Backend[];

export const TOLERANCES: readonly ToleranceRow[] = [
  {
    name: 'float32 on a CPU',
    arithmetic: 'float32',
    backends: CPU,
    relative: 1e-5,
    absolute: 1e-5,
    reason:
      'The same float32 sums in another order: about sqrt(terms) units in the last place, 1e-6 for some hundred terms. ' +
      'Depth does not add to it: of LeNet, ResNet-20 and VGG-16 on ort-wasm none came beyond 1.2e-6 of this sum of both ' +
      'parts, against onnxruntime-node. Ten times that is left; an error of 1e-3 is a hundred times beyond.',
  },
  {
    name: 'float32 on a GPU',
    arithmetic: 'float32',
    backends: GPU,
    relative: 1e-4,
    absolute: 1e-4,
    reason:
      'GPUs may contract to fused multiply-adds, flush subnormals and compute exp and division to a few units in the last ' +
      'place (WGSL, "Floating point accuracy"; GLSL ES 3.00 §4.5.1), and sum in trees. Still float32 throughout: ' +
      'an error of 1e-3 is ten times beyond, so a backend that silently computes in half precision is caught.',
  },
  {
    name: 'float16 on a CPU',
    arithmetic: 'float16',
    backends: CPU,
    relative: 4e-3,
    absolute: 4e-3,
    reason:
      'Eight units in the last place of float16. Where neither side has float16 kernels (wasm, x86), both put casts around ' +
      'their float32 ones, and 1e-6 was seen between them; onnxruntime on ARM has kernels that round each result, and some ' +
      'results of every layer then round the other way. Outputs scaled by 1.01 are beyond it.',
  },
  {
    name: 'float16 on a GPU',
    arithmetic: 'float16',
    backends: GPU,
    relative: 1e-2,
    absolute: 1e-2,
    outliers: { share: 0.01, factor: 2 },
    gain: 5e-3,
    reason:
      'With shader-f16 the sums themselves are float16: each of some hundred terms rounds by 4.9e-4 of the partial sum, ' +
      'which comes to sqrt(terms) / 2 units in the last place, twice that for what follows: 1.2e-2 for the 576 terms of ' +
      'ResNet-20, 2.3e-2 for the 2,304 of VGG-16. Seen on lavapipe were 1.5e-2 (LeNet-1, the largest of 100,000 elements), 4e-3 ' +
      '(ResNet-20) and, in two of 300 elements of VGG-16 on noise, 1.3 times what is allowed: so one in a hundred may be twice ' +
      'as far. Rounding goes both ways, so outputs scaled as a whole, by half a per cent or more, are told by ' +
      'their gain.',
  },
  {
    name: 'dynamic int8 on a CPU',
    arithmetic: 'dynamic int8',
    backends: CPU,
    relative: 1e-3,
    absolute: 1e-3,
    outliers: { share: 0.25, factor: 20 },
    gain: 5e-3,
    reason:
      'Sums of integers are exact, so elements are the same but for the float32 scales, unless an activation on the border ' +
      'between two of its 255 steps went to the other side: then all logits of its sample move by a part of a step. How many ' +
      'samples have such an activation grows with depth: beyond 1e-3 came 0.2 % of the elements of LeNet-1, ResNet-20 and the ' +
      'LSTM on ort-wasm (with two threads, too, where the PC has two: see baselineThreads); on litert-wasm 0.6 % of LeNet-1, 9.5 % ' +
      'of ResNet-20, and 3.3 % of VGG-16, which came the farthest: 1.2e-2. So a quarter may, by two per cent at most: outputs ' +
      'scaled by 1.01, a channel lost or a step of 8 bits taken for 7 are caught.',
  },
  {
    name: 'dynamic int8 on a GPU',
    arithmetic: 'dynamic int8',
    backends: GPU,
    relative: 4e-2,
    absolute: 4e-2,
    outliers: { share: 0.02, factor: 3 },
    gain: 5e-3,
    reason:
      'onnxruntime’s providers gave what they give on a CPU, but LiteRT’s reads the weights back to floats and does not quantize ' +
      'activations at all: its outputs are nearer to the fp32 original than the PC’s, and differ by what activations on 255 ' +
      'steps lose, which went up to 2.4e-2 for LeNet-1 and grows with depth. Those errors go both ways, so outputs scaled as a whole ' +
      'are told by their gain; one that is negated, swapped or lost is beyond three times the tolerance.',
  },
  {
    name: 'static int8 on a CPU',
    arithmetic: 'static int8',
    backends: CPU,
    relative: 1e-4,
    absolute: 1e-4,
    outliers: { share: 0.15, factor: 1000 },
    reason:
      'As dynamic int8, but the outputs are on steps themselves: 3 to 5 % of the median logit each (a range of some ten times ' +
      'that, in 255). What an activation on a border flips moves a logit by a whole step or not at all: two of 100,000 elements of ' +
      'LeNet-1 on ort-wasm, 4.5 % of those of ResNet-20 (0.3 % on litert-wasm), and by one step each. Three times as many may move, ' +
      'and none by more than two or three steps (a tenth).',
  },
  {
    name: 'static int8 on a GPU',
    arithmetic: 'static int8',
    backends: GPU,
    relative: 5e-2,
    absolute: 5e-2,
    outliers: { share: 0.05, factor: 3 },
    gain: 5e-3,
    reason:
      'Integer kernels on SwiftShader gave the bits of the CPU, but a provider that lacks them computes in floats between two steps, ' +
      'which moves many values over a border: 6 % of the elements of ResNet-20 by one step or two (onnxruntime on lavapipe), 16 % ' +
      'of LeNet-1 by one (LiteRT). So a step is within tolerance, three are the most, and scaling is told by the gain.',
  },
];

/** What a quantized artifact may lose on the PC against its fp32 original, whatever the browser does. */
export interface LossRow {
  readonly name: string;
  readonly precision: Exclude<Precision, 'fp32'>;
  readonly kinds: readonly Quantization['kind'][];
  /** The most accuracy that it may lose, as a share of the samples; judged where there are labels. */
  readonly top1: number;
  /** The largest distance of the outputs (see parity.ts); judged always. */
  readonly distance: number;
  readonly reason: string;
}

export const LOSS_LIMITS: readonly LossRow[] = [
  {
    name: 'fp16',
    precision: 'fp16',
    kinds: ['weights', 'dynamic', 'static'],
    top1: 0.005,
    distance: 0.05,
    reason:
      'Eleven bits: a rounding of 4.9e-4 a value, under a hundredth of the spread of the logits, moves only samples that ' +
      'stand on the edge. What loses more has overflowed (65,504 is the largest float16) or lost small weights to zero.',
  },
  {
    name: 'int8, weights alone',
    precision: 'int8',
    kinds: ['weights'],
    top1: 0.02,
    distance: 0.25,
    reason:
      'Weights on 255 steps, computed in floats: the literature’s figure for a whole network is below one point (Krishnamoorthi, ' +
      '"Quantizing deep convolutional networks for efficient inference", 2018, table 2, per channel); one scale a tensor ' +
      'costs more, so twice that.',
  },
  {
    name: 'int8, weights and activations',
    precision: 'int8',
    kinds: ['dynamic', 'static'],
    top1: 0.03,
    distance: 0.5,
    reason:
      'Activations on 255 steps as well: one to two points after training (ibid., table 4), three where the set that the ranges ' +
      'were calibrated on is small. A distance of one half is an error a quarter as strong as the signal (6 dB): one that ' +
      'collapsed, that was calibrated on another range or lost a channel is at one or beyond.',
  },
];

/** The row for how an artifact was quantized; of unknown kind, that of the most loss. */
export function lossLimitFor(precision: Exclude<Precision, 'fp32'>, kind: Quantization['kind'] = 'static'): LossRow {
  const row = LOSS_LIMITS.find((row) => row.precision === precision && row.kinds.includes(kind));
  if (row === undefined) throw new Error(`the table of losses has no row for ${precision}, ${kind}`);
  return row;
}

/**
 * In what an artifact is computed, which is not what it is stored in: weights that are stored small and read back to floats
 * when the model is loaded leave float32 arithmetic, with float32's rounding.
 */
export function arithmeticOf(precision: Precision, quantization: Quantization | undefined): Arithmetic {
  if (quantization?.kind === 'weights' && quantization.activations === 'float32') return 'float32';
  switch (precision) {
    case 'fp32':
      return 'float32';
    case 'fp16':
      return 'float16';
    case 'int8':
      return quantization?.kind === 'dynamic' ? 'dynamic int8' : 'static int8';
  }
}

/** The row of the table for what a cell runs. Every combination has exactly one. */
export function toleranceFor(arithmetic: Arithmetic, target: Pick<Target, 'backend'>): ToleranceRow {
  const row = TOLERANCES.find((row) => row.arithmetic === arithmetic && row.backends.includes(target.backend));
  // A test walks all combinations; this can only be a new backend that nobody classed.
  if (row === undefined) throw new Error(`the tolerance table has no row for ${arithmetic} on ${target.backend}`);
  return row;
}

/**
 * The row, for a model that is known to make more of rounding than the row counts on: a few of its elements are the small
 * difference of large terms, and lie further off in any float32 order of sums. Other arithmetic has outliers of its own.
 */
export function withRounding(row: ToleranceRow, rounding: Rounding | undefined): ToleranceRow {
  if (rounding === undefined || row.arithmetic !== 'float32') return row;
  const { share, factor } = rounding;
  return { ...row, outliers: { share, factor } };
}
